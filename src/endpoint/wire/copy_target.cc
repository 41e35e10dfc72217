#include "endpoint/wire/copy_target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

namespace penstock::endpoint {

namespace {

constexpr std::string_view kFindTable = R"sql(
  SELECT c.oid, n.nspname, c.relname, c.relkind IN ('r', 'p'),
         pg_catalog.has_table_privilege(c.oid, 'INSERT'),
         pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = pg_catalog.to_regclass($1))sql";

// A domain is sent as the type beneath it.
constexpr std::string_view kFindColumns = R"sql(
  SELECT a.attname, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END,
         CASE WHEN t.typtype = 'd' AND a.atttypmod = -1 THEN t.typtypmod ELSE a.atttypmod END,
         a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity,
         CASE WHEN a.attnotnull AND d.adbin IS NOT NULL
              THEN pg_catalog.format('pg_catalog.encode(%s((%s)::%s), ''hex'')', t.typsend,
                                     pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                                     pg_catalog.format_type(a.atttypid, a.atttypmod)) END
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
   ORDER BY a.attnum)sql";

template <typename T>
T number(const std::optional<std::string>& text) {
  T value{};
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

bool is_true(const std::optional<std::string>& text) { return text == "t"; }

std::string qualified(const TargetTable& table) { return quote_name(table.schema) + "." + quote_name(table.name); }

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// Once for the statement, as Redshift does. expressions: by column, SQL that gives its DEFAULT in hex.
void evaluate_defaults(Backend& backend, std::vector<TargetColumn>& columns,
                       const std::vector<std::optional<std::string>>& expressions) {
  std::string query;
  for (const auto& expression : expressions) {
    if (expression) query += (query.empty() ? "SELECT " : ", ") + *expression;
  }
  if (query.empty()) return;
  const auto values = backend.run(query).rows.at(0);
  std::size_t next = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!expressions[i]) continue;
    if (const auto& hex = values.at(next++)) columns[i].default_value = from_hex(*hex);
  }
}

std::vector<TargetColumn> columns_of(Backend& backend, std::uint32_t oid) {
  std::vector<TargetColumn> columns;
  std::vector<std::optional<std::string>> defaults;
  for (const auto& row : backend.run(kFindColumns, {std::to_string(oid)}).rows) {
    TargetColumn column;
    column.name = row.at(0).value_or("");
    column.type_oid = number<std::uint32_t>(row.at(1));
    column.type_modifier = number<std::int32_t>(row.at(2));
    column.not_null = is_true(row.at(3));
    column.default_expression = row.at(4);
    column.identity = row.at(5) == "a";
    column.identity_by_default = row.at(5) == "d";
    columns.push_back(std::move(column));
    defaults.push_back(row.at(6));
  }
  evaluate_defaults(backend, columns, defaults);
  return columns;
}

}  // namespace

TargetTable open_target(Backend& backend, const CopyStatement& copy) {
  const auto name = (copy.schema ? quote_name(*copy.schema) + "." : "") + quote_name(copy.table);
  const auto found = backend.run(kFindTable, {name}).rows;
  if (found.empty()) throw SqlError("XX000", fmt::format("Cannot COPY into nonexistent table {}", copy.table));
  const auto& row = found.front();
  TargetTable table{row.at(1).value_or(""), row.at(2).value_or(""), number<std::uint32_t>(row.at(0)), {}};
  if (!is_true(row.at(3))) throw SqlError("42809", fmt::format("\"{}\" is not a table", table.name));
  if (!is_true(row.at(4))) throw SqlError("42501", fmt::format("permission denied for relation {}", table.name));
  // One writer per table, as in Redshift; readers go on. PostgreSQL takes the stronger lock only from who may do more
  // than insert. In a DO, because a LOCK by itself is refused outside of BEGIN … COMMIT.
  const auto* mode = is_true(row.at(5)) ? "SHARE ROW EXCLUSIVE" : "ROW EXCLUSIVE";
  backend.run("DO " + quote_literal(fmt::format("BEGIN LOCK TABLE {} IN {} MODE; END", qualified(table), mode)));
  table.columns = columns_of(backend, table.oid);
  return table;
}

Statistics::Statistics(Backend& backend, const CopyStatement& copy, const TargetTable& target)
    : backend_(backend), target_(target), wanted_(!copy.no_load && copy.update_statistics.value_or(true)) {
  if (!wanted_) return;
  const auto is_owner = [&] {
    const auto found = backend.run(
        "SELECT pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = $1::pg_catalog.oid",
        {std::to_string(target.oid)});
    return !found.rows.empty() && is_true(found.rows.front().at(0));
  };
  const auto is_empty = [&] {
    return backend.run(fmt::format("SELECT 1 FROM {} LIMIT 1", qualified(target))).rows.empty();
  };
  wanted_ = is_owner() && (copy.update_statistics || is_empty());
}

void Statistics::update() {
  if (wanted_) backend_.run("ANALYZE " + qualified(target_));
}

BackendCopySink::BackendCopySink(Backend& backend, const TargetTable& target, ErrorContext context)
    : backend_(backend), target_(target), context_(context) {}

void BackendCopySink::begin(const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const auto& column : columns) names.push_back(quote_name(column));
  begun_ = true;
  try {
    backend_.begin_copy_in(
        fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", qualified(target_), fmt::join(names, ", ")));
  } catch (const BackendError& error) {
    throw sql_error_of(error.report, context_);
  }
}

void BackendCopySink::write(std::span<const std::byte> binary_copy) {
  try {
    backend_.copy_data(binary_copy);
  } catch (const BackendError& error) {
    throw sql_error_of(error.report, context_);
  }
}

void BackendCopySink::finish() {
  try {
    backend_.end_copy_in();
  } catch (const BackendError& error) {
    throw sql_error_of(error.report, context_);
  }
}

void BackendCopySink::abort() {
  if (backend_.copying()) {
    backend_.fail_copy_in("the load failed");
  } else {
    backend_.abort();
  }
}

}  // namespace penstock::endpoint
