#include "load/table_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"
#include "table/config.h"
#include "table/diff.h"
#include "table/type.h"

namespace penstock {
namespace {

using discovery::Column;
using redshift::CatalogColumn;
using redshift::CatalogTable;
using table::ColumnConfig;
using table::TableConfig;

constexpr std::size_t kIdentifierBytes = 127;
constexpr std::uint64_t kVarcharBytes = 65535;

const CatalogColumn* column_named(const CatalogTable& table, std::string_view name) {
  const auto found = std::ranges::find_if(
      table.columns, [&](const CatalogColumn& column) { return equal_ignoring_case(column.name, name); });
  return found == table.columns.end() ? nullptr : &*found;
}

std::string names(const std::vector<std::string>& of) {
  return of.empty() ? "none" : printable(fmt::format("{}", fmt::join(of, ", ")));
}

class Fitting {
 public:
  Fitting(const Target& target, const std::optional<CatalogTable>& found, std::span<const Column> columns,
          const UpsertOptions& how)
      : target_(target), found_(found), columns_(columns), how_(how) {}

  TableFit fit() {
    if (!found_ && columns_.empty()) throw Error(ErrorKind::not_found, missing());
    config_ = {.schema = target_.schema, .name = target_.table, .columns = {}, .data_date_column = ""};
    if (!found_) {
      plan_table();
    } else {
      if (how_.create) compare_keys();
      if (how_.evolve) plan_columns();
    }
    if (!problems_.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems_, "\n  ")));
    return fitted();
  }

 private:
  [[nodiscard]] std::string missing() const {
    if (how_.create) return "the source has no column to make the table of";
    return fmt::format("there is no table {}: create it first, or --create makes it of the source's types",
                       printable(target_.text()));
  }

  void plan_table() {
    for (const Column& column : columns_) add(column);
    for (const std::string& name : how_.key) mark_key(name);
    if (!how_.dist_key.empty()) {
      if (ColumnConfig* column = can_be_key("--distkey", how_.dist_key)) column->dist_key = true;
    }
    for (int order = 1; const std::string& name : how_.sort_key) {
      if (ColumnConfig* column = can_be_key("--sortkey", name)) column->sort_order = order++;
    }
  }

  void plan_columns() {
    for (const Column& column : columns_) {
      if (column_named(*found_, column.name) == nullptr) add(column);
    }
  }

  void add(const Column& column) {
    const std::string shown = printable(column.name);
    if (planned(column.name) != nullptr) {
      problems_.push_back(fmt::format("{} is there twice: Redshift does not tell capitals from small letters", shown));
    }
    if (column.name.empty()) {
      problems_.emplace_back("a column has no name; --columns gives names to CSV without a header");
    } else if (column.name.size() > kIdentifierBytes) {
      problems_.push_back(fmt::format("the name {} is longer than {} bytes", shown, kIdentifierBytes));
    }
    if (column.type.name == table::TypeName::varchar && column.max_bytes > kVarcharBytes) {
      const std::string where = column.too_long.empty() ? "" : fmt::format("; see {}", column.too_long);
      problems_.push_back(fmt::format("{} has a value of {} bytes, and a varchar takes {} at most{}", shown,
                                      column.max_bytes, kVarcharBytes, where));
    }
    config_.columns.push_back({.name = lower(column.name),
                               .type = to_string(column.type),
                               .written_type = to_string(column.type),
                               .default_value = std::nullopt});
  }

  ColumnConfig* planned(std::string_view name) {
    const auto found = std::ranges::find_if(
        config_.columns, [&](const ColumnConfig& column) { return equal_ignoring_case(column.name, name); });
    return found == config_.columns.end() ? nullptr : &*found;
  }

  // Several rows of a key, or none, contradict a primary key.
  void mark_key(const std::string& name) {
    ColumnConfig* column = can_be_key("--key", name);
    if (column == nullptr || how_.duplicates == Duplicates::keep || how_.null_keys != NullKeys::refuse) return;
    const auto source =
        std::ranges::find_if(columns_, [&](const Column& of) { return equal_ignoring_case(of.name, name); });
    if (source->nulls > 0) {
      problems_.push_back(
          fmt::format("{} records have no {}, which is of the key: --null-keys match takes NULL for a key as others, "
                      "--null-keys insert for a new row each",
                      source->nulls, printable(name)));
    }
    column->primary_key = column->not_null = true;
  }

  ColumnConfig* can_be_key(std::string_view option, const std::string& name) {
    ColumnConfig* column = planned(name);
    if (column == nullptr) {
      std::vector<std::string> all;
      for (const ColumnConfig& of : config_.columns) all.push_back(of.name);
      problems_.push_back(
          fmt::format("{} is {}, which the source has not; it has {}", option, printable(name), names(all)));
      return nullptr;
    }
    if (const auto type = table::parse_type(column->type); type && !table::can_be_key(*type)) {
      problems_.push_back(fmt::format("{} is {}, a {}, which can't be a key", option, printable(name), column->type));
      return nullptr;
    }
    return column;
  }

  // The table that is there stays as it is; that it is not as it was asked for is said.
  void compare_keys() {
    std::vector<std::string> dist;
    std::vector<std::pair<int, std::string>> sorted;
    for (const CatalogColumn& column : found_->columns) {
      if (column.dist_key) dist.push_back(column.name);
      if (column.sort_order != 0) sorted.emplace_back(column.sort_order, column.name);
    }
    std::ranges::sort(sorted);
    std::vector<std::string> sort;
    for (auto& [order, name] : sorted) sort.push_back(std::move(name));
    if (!how_.dist_key.empty()) compare("--distkey", {lower(how_.dist_key)}, dist);
    std::vector<std::string> wanted;
    for (const std::string& name : how_.sort_key) wanted.push_back(lower(name));
    if (!wanted.empty()) compare("--sortkey", wanted, sort);
  }

  void compare(std::string_view option, const std::vector<std::string>& wanted, const std::vector<std::string>& is) {
    if (wanted == is) return;
    problems_.push_back(
        fmt::format("{} is {}, and the table that is there has {}: leave the option out, or make the "
                    "table anew",
                    option, names(wanted), names(is)));
  }

  TableFit fitted() {
    TableFit out;
    if (!config_.columns.empty()) out.statements = table::evolve(config_, found_).statements;
    out.table = found_.value_or(CatalogTable{.schema = target_.schema, .name = target_.table, .columns = {}});
    for (const ColumnConfig& column : config_.columns) {
      out.table.columns.push_back({.name = column.name,
                                   .type = column.type,
                                   .not_null = column.not_null,
                                   .primary_key = column.primary_key,
                                   .dist_key = column.dist_key,
                                   .sort_order = column.sort_order});
    }
    return out;
  }

  const Target& target_;
  const std::optional<CatalogTable>& found_;
  const std::span<const Column> columns_;
  const UpsertOptions& how_;
  TableConfig config_;  // of what is new
  std::vector<std::string> problems_;
};

}  // namespace

bool needs_types(const std::optional<CatalogTable>& found, const std::optional<std::vector<std::string>>& names,
                 const UpsertOptions& how) {
  if (!found) return how.create;
  if (!how.evolve) return false;
  if (!names) return true;
  return std::ranges::any_of(*names, [&](const std::string& name) { return column_named(*found, name) == nullptr; });
}

TableFit fit_table(const Target& target, const std::optional<CatalogTable>& found, std::span<const Column> columns,
                   const UpsertOptions& how) {
  return Fitting(target, found, columns, how).fit();
}

}  // namespace penstock
