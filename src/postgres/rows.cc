#include "postgres/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/text.h"
#include "postgres/table.h"
#include "pq/query_text.h"

namespace penstock::postgres {

Rows::Rows(const Address& address, const std::string& query, unsigned streams, const SessionOptions& options, Log& log)
    : address_(address), options_(options), log_(log) {
  sessions_.push_back(std::make_unique<Session>(address_.server, options_, log_));
  if (!address_.table) {
    name_ = "a query of " + first().name();
    columns_ = first().describe(query);
    queries_ = {query};
    return;
  }
  const Table table = look_at(first(), *address_.table);
  name_ = fmt::format("{}::{}", first().name(), printable(table.sql));
  columns_ = first().describe("SELECT * FROM " + table.sql);
  queries_ =
      queries_of(table, columns_, streams > 0 ? streams : streams_for(table, std::thread::hardware_concurrency()));
}

std::string Rows::copied(const std::string& query, const CopyFormat& format) const {
  const auto is_as_it_is = [](const Column& column) { return column.type != "bytea" && column.type != "boolean"; };
  if (!format.is_csv || std::ranges::all_of(columns_, is_as_it_is)) return query;
  std::string select;
  for (const Column& column : columns_) {
    const std::string name = Session::identifier(column.name);
    select += select.empty() ? "SELECT " : ", ";
    if (column.type == "bytea") {
      select += fmt::format("encode({}, 'hex') AS {}", name, name);
    } else {
      select += column.type == "boolean" ? fmt::format("{}::text AS {}", name, name) : name;
    }
  }
  return fmt::format("{} FROM (\n{}\n) AS penstock_rows", select, pq::bare_query(query, pq::Backslash::plain));
}

std::unique_ptr<CopyOut> Rows::open(const CopyFormat& format) {
  if (queries_.size() > 1) {
    const std::string snapshot = first().export_snapshot();
    while (sessions_.size() < queries_.size()) {
      sessions_.push_back(std::make_unique<Session>(address_.server, options_, log_, snapshot));
    }
  }
  std::vector<CopyOut::Part> parts;
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    parts.push_back({.session = sessions_[i].get(), .query = copied(queries_[i], format)});
  }
  return std::make_unique<CopyOut>(parts, name_, format);
}

}  // namespace penstock::postgres
