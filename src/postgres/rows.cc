#include "postgres/rows.h"

#include <fmt/format.h>

#include <thread>

#include "base/text.h"
#include "postgres/table.h"

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

std::unique_ptr<CopyOut> Rows::open() {
  if (queries_.size() > 1) {
    const std::string snapshot = first().export_snapshot();
    while (sessions_.size() < queries_.size()) {
      sessions_.push_back(std::make_unique<Session>(address_.server, options_, log_, snapshot));
    }
  }
  std::vector<CopyOut::Part> parts;
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    parts.push_back({.session = sessions_[i].get(), .query = queries_[i]});
  }
  return std::make_unique<CopyOut>(parts, name_);
}

}  // namespace penstock::postgres
