#include "endpoint/wire/unload_rows.h"

namespace penstock::endpoint {

std::vector<ResultColumn> BackendRows::describe(const std::string& query) {
  std::vector<ResultColumn> columns;
  try {
    for (auto& column : backend_.describe(query)) {
      columns.push_back({std::move(column.name), column.type_oid, column.type_modifier});
    }
  } catch (const BackendError& error) {
    throw sql_error_of(error.report, context_);
  }
  if (columns.empty()) throw SqlError("42601", "UNLOAD takes a query that gives columns");
  return columns;
}

void BackendRows::begin(const std::string& query, const std::vector<bool>& binary) {
  begun_ = true;
  std::vector<std::int16_t> formats;
  formats.reserve(binary.size());
  for (const bool as_binary : binary) formats.push_back(as_binary ? 1 : 0);
  backend_.begin_query(query, formats);
}

std::optional<std::span<const ResultField>> BackendRows::next() {
  try {
    const auto body = backend_.next_row();
    if (!body) return std::nullopt;
    MessageReader reader(*body);
    row_.clear();
    for (auto left = reader.i16(); left > 0 && reader.ok(); --left) {
      const auto size = reader.i32();
      row_.push_back(size < 0 ? ResultField() : ResultField(reader.bytes(static_cast<std::size_t>(size))));
    }
    if (!reader.ok()) throw ProtocolError("PostgreSQL sent a DataRow that can't be read");
  } catch (const BackendError& error) {
    throw sql_error_of(error.report, context_);
  }
  return row_;
}

}  // namespace penstock::endpoint
