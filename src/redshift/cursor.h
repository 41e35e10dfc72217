// The rows of a query that are more than memory holds, some at a time: while the caller works on one batch, the next is
// on its way.
//
// Threads: one. Memory: two batches. Errors: as Connection's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "redshift/connection.h"

namespace penstock::redshift {

class Cursor {
 public:
  // What a cluster of a single node gives at once.
  static constexpr int kBatch = 1000;

  // Over a session of its own, as Redshift has one cursor a session. `doing` starts every error message.
  Cursor(const ConnectionConfig& config, SessionOptions options, Log& log, const Statement& query, std::string doing);
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  // The next row; false at the end.
  bool next();
  // Of the row, until next(). "" for NULL.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::redshift
