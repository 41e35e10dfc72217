// What a query gives, or what is in a table, as of the moment when it was asked for: its columns, and then its rows by
// as many sessions as that can be.
//
// Threads: one. Errors: those of session.h, and not_found.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "penstock/log.h"
#include "postgres/address.h"
#include "postgres/copy_out.h"
#include "postgres/session.h"

namespace penstock::postgres {

inline constexpr unsigned kMostStreams = 16;

class Rows {
 public:
  // query: empty where the address names a table. streams: of a table; 0: as many as its size is worth.
  Rows(const Address& address, const std::string& query, unsigned streams, const SessionOptions& options, Log& log);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }  // for people; no secret in it
  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t streams() const noexcept { return queries_.size(); }

  // Once. It reads by sessions of this, which are there until close().
  // As CSV, bytea is hexadecimal digits alone, boolean true or false.
  std::unique_ptr<CopyOut> open(const CopyFormat& format = {});
  // The server has nothing to keep for us any more.
  void close() noexcept { sessions_.clear(); }

 private:
  [[nodiscard]] std::string copied(const std::string& query, const CopyFormat& format) const;
  Session& first() { return *sessions_.front(); }

  const Address address_;
  const SessionOptions options_;
  Log& log_;
  std::vector<std::unique_ptr<Session>> sessions_;  // the first of them sees what all are to see
  std::string name_;
  std::vector<Column> columns_;
  std::vector<std::string> queries_;
};

}  // namespace penstock::postgres
