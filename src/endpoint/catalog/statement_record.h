// One statement, as the system tables show it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "endpoint/sql/statement.h"

namespace penstock::endpoint {

struct StatementRecord {
  std::int64_t query = 0;  // Recorder::next_query(); 0 for utility statements and DDL
  std::int64_t transaction = 0;
  int session = 0;  // the backend's pid, as pg_backend_pid() gives it
  std::string user;
  std::int64_t user_number = 0;  // 0: that of who is called so when it is written
  std::string database;
  std::string label;  // SET query_group; "default"
  std::string text;   // credentials already blanked
  Recognised::Kind kind = Recognised::Kind::query;
  std::chrono::system_clock::time_point started;
  std::chrono::system_clock::time_point finished;
  bool aborted = false;
  std::string error;  // aborted: the message, as the client got it
  std::string error_detail{};
  struct Request {
    std::string method, uri, words;
  };
  std::optional<Request> refused{};  // aborted: because S3 refused this
  std::int64_t conflict_table = 0;   // aborted by 1023: the table's number
  std::chrono::system_clock::time_point transaction_started{};
};

}  // namespace penstock::endpoint
