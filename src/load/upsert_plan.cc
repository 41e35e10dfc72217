#include "load/upsert_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "load/ledger.h"
#include "penstock/error.h"
#include "table/type.h"

namespace penstock {
namespace {

using redshift::CatalogColumn;
using redshift::CatalogTable;
using redshift::Identifier;
using redshift::Sql;
using redshift::Statement;

constexpr std::int64_t kKeysShown = 5;

const CatalogColumn* column_named(const CatalogTable& table, std::string_view name) {
  const auto found = std::ranges::find_if(
      table.columns, [&](const CatalogColumn& column) { return equal_ignoring_case(column.name, name); });
  return found == table.columns.end() ? nullptr : &*found;
}

bool is_identity(const CatalogColumn& column) { return column.identity == redshift::Identity::always; }

std::string names(const std::vector<std::string>& columns) {
  std::vector<std::string> shown;
  for (const std::string& column : columns) shown.push_back(printable(column));
  return fmt::format("{}", fmt::join(shown, ", "));
}

Statement type_of(const CatalogColumn& column) {
  const auto type = table::parse_type(column.type);
  if (!type) {
    throw Error(ErrorKind::refused, fmt::format("the column {} is a {}, which can't be copied into",
                                                printable(column.name), printable(column.type)));
  }
  return table::ddl_of(*type);
}

// Parts of a condition or list, one for each column.
template <typename Make>
Statement joined(const std::vector<std::string>& columns, Sql between, Make make) {
  Statement out;
  for (const std::string& column : columns) {
    if (!out.empty()) out << between;
    out << make(Identifier(column));
  }
  return out;
}

class Planner {
 public:
  Planner(const Target& target, const CatalogTable& table, const Batch& batch, const UpsertOptions& how,
          const std::string& manifest_uri)
      : target_(target), table_(table), batch_(batch), how_(how), manifest_uri_(manifest_uri) {
    for (const std::string& name : how.key) key_.push_back(in_batch(name, "the key"));
    if (!how.order_by.empty()) order_by_ = in_batch(how.order_by, "--order-by");
    refuse_columns();
    if (!problems_.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems_, "\n  ")));
  }

  UpsertPlan plan() {
    UpsertPlan plan;
    if (how_.mode == WriteMode::replace) plan.forget = forget_statement(target_, std::nullopt);
    if (key_.empty() && !batch_.has_position) {
      if (how_.mode == WriteMode::replace) plan.clear = remove_all();
      plan.copy = copy_into(target_.name(), batch_.columns);
      return plan;
    }
    plan.make_stage = make_stage();
    auto columns = batch_.columns;
    if (batch_.has_position) columns.emplace_back(kPositionColumn);
    plan.copy = copy_into(stage(), columns);
    if (!key_.empty() && how_.null_keys == NullKeys::refuse) plan.null_keys = count_null_keys();
    if (!key_.empty() && how_.duplicates == Duplicates::refuse) plan.repeated_keys = repeated_keys();
    if (!order_by_.empty() && how_.mode == WriteMode::upsert) plan.drop_older = drop_older();
    if (how_.mode == WriteMode::replace) plan.remove = remove_all();
    if (how_.mode == WriteMode::upsert) plan.remove = remove_known();
    plan.insert = insert();
    plan.drop_stage = Sql("DROP TABLE ") << Identifier(kStageTable);
    return plan;
  }

 private:
  std::string in_batch(const std::string& name, std::string_view what) {
    const auto found = std::ranges::find_if(
        batch_.columns, [&](const std::string& column) { return equal_ignoring_case(column, name); });
    if (found != batch_.columns.end()) return *found;
    problems_.push_back(
        fmt::format("{} is {}, which the source has not; it has {}", what, printable(name), names(batch_.columns)));
    return name;
  }

  // What must not be written, and what would be emptied.
  void refuse_columns() {
    std::vector<std::string> emptied;
    for (const CatalogColumn& column : table_.columns) {
      const bool is_written = std::ranges::find(batch_.columns, column.name) != batch_.columns.end();
      if (is_written && is_identity(column)) {
        problems_.push_back(
            fmt::format("{} is an identity column, whose values Redshift makes: leave it out of the "
                        "source",
                        printable(column.name)));
      }
      if (!is_written && !column.default_expression && column.identity == redshift::Identity::none)
        emptied.push_back(column.name);
    }
    if (how_.mode == WriteMode::append || how_.missing_as_null || emptied.empty()) return;
    problems_.push_back(fmt::format(
        "the source lacks {}, which would become NULL in every row that gives way: add it to the source, or "
        "upsert with --missing-as-null, which lets it",
        names(emptied)));
  }

  [[nodiscard]] const CatalogColumn& column(const std::string& name) const { return *column_named(table_, name); }

  // As in the target, but for what no COPY into it needs: keys, defaults. Distributed as the target is, where it can
  // be.
  [[nodiscard]] Statement make_stage() const {
    Statement columns;
    std::string dist_key;
    for (const std::string& name : batch_.columns) {
      const CatalogColumn& found = column(name);
      if (!columns.empty()) columns << Sql(", ");
      columns << Identifier(name) << Sql(" ") << type_of(found);
      if (found.not_null) columns << Sql(" NOT NULL");
      if (found.dist_key) dist_key = name;
    }
    if (batch_.has_position) columns << Sql(", ") << Identifier(kPositionColumn) << Sql(" bigint NOT NULL");
    Statement make = Sql("CREATE TEMPORARY TABLE ") << Identifier(kStageTable) << Sql(" (") << columns << Sql(")");
    if (!dist_key.empty()) make << Sql(" DISTKEY (") << Identifier(dist_key) << Sql(")");
    return make;
  }

  [[nodiscard]] Statement copy_into(const Statement& table, const std::vector<std::string>& columns) const {
    return redshift::copy_statement({.table = table,
                                     .columns = columns,
                                     .manifest_uri = manifest_uri_,
                                     .access = batch_.access,
                                     .region = batch_.region,
                                     .format = batch_.format,
                                     .compression = batch_.compression,
                                     .null_as = batch_.null_as,
                                     .empty_as_null = batch_.empty_as_null});
  }

  [[nodiscard]] Statement stage() const { return Identifier(kStageTable); }
  [[nodiscard]] Statement key_columns() const {
    return joined(key_, Sql(", "), [](const Identifier& name) { return Statement(name); });
  }

  [[nodiscard]] Statement any_key_is_null() const {
    return joined(key_, Sql(" OR "), [](const Identifier& name) { return Statement(name) << " IS NULL"; });
  }

  [[nodiscard]] Statement count_null_keys() const {
    return Sql("SELECT count(*) FROM ") << stage() << Sql(" WHERE ") << any_key_is_null();
  }

  [[nodiscard]] Statement repeated_keys() const {
    Statement query = Sql("SELECT count(*), ") << key_columns() << Sql(" FROM ") << stage();
    if (how_.null_keys == NullKeys::insert) query << Sql(" WHERE NOT (") << any_key_is_null() << Sql(")");
    return query << Sql(" GROUP BY ") << key_columns() << Sql(" HAVING count(*) > 1 ORDER BY 1 DESC, 2 LIMIT ")
                 << kKeysShown;
  }

  // one.k = other.k AND …, by what two tables are called in the statement.
  [[nodiscard]] Statement same_key(const Identifier& one, const Identifier& other) const {
    return joined(key_, Sql(" AND "), [&](const Identifier& name) {
      Statement left = Statement(one) << "." << name;
      Statement right = Statement(other) << "." << name;
      Statement equal = Statement(left) << " = " << right;
      if (how_.null_keys != NullKeys::match) return equal;
      return Sql("(") << equal << Sql(" OR (") << left << Sql(" IS NULL AND ") << right << Sql(" IS NULL))");
    });
  }

  [[nodiscard]] Statement drop_older() const {
    const Identifier stage_name(kStageTable);
    const Identifier target_name("t");
    const Statement ours = Statement(stage_name) << "." << Identifier(order_by_);
    const Statement theirs = Statement(target_name) << "." << Identifier(order_by_);
    return Sql("DELETE FROM ") << stage_name << Sql(" USING ") << target_.name() << Sql(" t WHERE ")
                               << same_key(stage_name, target_name) << Sql(" AND (") << ours << Sql(" < ") << theirs
                               << Sql(" OR (") << ours << Sql(" IS NULL AND ") << theirs << Sql(" IS NOT NULL))");
  }

  // The rows that go in. Of several with one key: the newest, then the last; rows without a key don't compete where
  // each is a new row.
  [[nodiscard]] Statement winners() const {
    const Statement all = joined(batch_.columns, Sql(", "), [](const Identifier& name) { return Statement(name); });
    if (how_.duplicates != Duplicates::last) return Sql("SELECT ") << all << Sql(" FROM ") << stage();
    Statement order;
    if (!order_by_.empty()) {
      const Identifier name(order_by_);
      order << "CASE WHEN " << name << " IS NULL THEN 1 ELSE 0 END, " << name << " DESC";
    }
    if (batch_.has_position) {
      if (!order.empty()) order << ", ";
      order << Identifier(kPositionColumn) << " DESC";
    }
    Statement query = Sql("SELECT ") << all << Sql(" FROM (SELECT ") << all << Sql(", row_number() OVER (PARTITION BY ")
                                     << key_columns() << Sql(" ORDER BY ") << order << Sql(") AS penstock_rank FROM ")
                                     << stage() << Sql(") ranked WHERE penstock_rank = 1");
    if (how_.null_keys == NullKeys::insert) query << Sql(" OR ") << any_key_is_null();
    return query;
  }

  // DELETE, not TRUNCATE: on Redshift TRUNCATE commits the transaction it runs in.
  [[nodiscard]] Statement remove_all() const { return Sql("DELETE FROM ") << target_.name(); }

  [[nodiscard]] Statement remove_known() const {
    return Sql("DELETE FROM ") << target_.name() << Sql(" USING ") << stage() << Sql(" WHERE ")
                               << same_key(Identifier(target_.table), Identifier(kStageTable));
  }

  [[nodiscard]] Statement insert() const {
    return Sql("INSERT INTO ") << target_.name() << Sql(" (")
                               << joined(batch_.columns, Sql(", "),
                                         [](const Identifier& name) { return Statement(name); })
                               << Sql(") ") << winners();
  }

  const Target& target_;
  const CatalogTable& table_;
  const Batch& batch_;
  const UpsertOptions& how_;
  const std::string& manifest_uri_;
  std::vector<std::string> key_;
  std::string order_by_;
  std::vector<std::string> problems_;
};

// What else separates fields, where one name holds all of them; nullopt: it is one name.
std::optional<std::string> names_in_one(const std::vector<std::string>& names) {
  if (names.size() != 1) return std::nullopt;
  const auto at = names.front().find_first_of(",;|\t");
  if (at == std::string::npos) return std::nullopt;
  return names.front()[at] == '\t' ? "a tab" : fmt::format("'{}'", names.front()[at]);
}

}  // namespace

std::string_view column_name(std::string_view field) noexcept {
  const std::size_t first = field.find_first_not_of(" \t");
  return first == std::string_view::npos ? "" : field.substr(first, field.find_last_not_of(" \t") + 1 - first);
}

std::vector<std::string> column_names_of(const std::vector<std::string>& header) {
  std::vector<std::string> names;
  for (const std::string& field : header) names.emplace_back(column_name(field));
  return names;
}

std::vector<std::string> match_columns(const std::vector<std::string>& source_names, const CatalogTable& table,
                                       const std::string& source) {
  std::vector<std::string> columns;
  std::vector<std::string> strangers;
  std::set<std::string> seen;
  std::vector<std::string> repeated;
  for (const std::string& field : source_names) {
    const std::string_view name = column_name(field);
    const CatalogColumn* column = column_named(table, name);
    if (column == nullptr) {
      strangers.emplace_back(name);
      continue;
    }
    if (!seen.insert(column->name).second) repeated.emplace_back(name);
    columns.push_back(column->name);
  }
  std::vector<std::string> problems;
  if (!strangers.empty()) {
    std::vector<std::string> all;
    for (const CatalogColumn& column : table.columns) all.push_back(column.name);
    problems.push_back(fmt::format("{}.{} has no column {}; it has {}; --evolve adds what it lacks",
                                   printable(table.schema), printable(table.name), names(strangers), names(all)));
  }
  if (!repeated.empty()) problems.push_back(fmt::format("{} is there twice", names(repeated)));
  if (!problems.empty()) {
    const auto other = names_in_one(strangers);
    throw Error(ErrorKind::refused,
                fmt::format("the columns of {}: {}. {}", printable(source), fmt::join(problems, "; "),
                            other ? fmt::format("Is it {} that separates them? Then --delimiter says so", *other)
                                  : "Is its first record no header? Then --columns says what they are"));
  }
  return columns;
}

std::vector<std::string> types_of(const std::vector<std::string>& columns, const CatalogTable& table) {
  std::vector<std::string> types;
  for (const std::string& name : columns) types.push_back(column_named(table, name)->type);
  return types;
}

std::vector<std::string> writable_columns(const CatalogTable& table) {
  std::vector<std::string> columns;
  for (const CatalogColumn& column : table.columns) {
    if (!is_identity(column)) columns.push_back(column.name);
  }
  return columns;
}

UpsertPlan plan_upsert(const Target& target, const CatalogTable& table, const Batch& batch, const UpsertOptions& how,
                       const std::string& manifest_uri) {
  return Planner(target, table, batch, how, manifest_uri).plan();
}

std::vector<Statement> statements_of(const UpsertPlan& plan) {
  std::vector<Statement> statements;
  const auto add = [&](const std::optional<Statement>& statement) {
    if (statement) statements.push_back(*statement);
  };
  add(plan.make_stage);
  add(plan.clear);
  statements.push_back(plan.copy);
  add(plan.null_keys);
  add(plan.repeated_keys);
  add(plan.drop_older);
  add(plan.remove);
  add(plan.insert);
  add(plan.drop_stage);
  add(plan.forget);
  return statements;
}

}  // namespace penstock
