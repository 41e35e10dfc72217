// Rows into PostgreSQL: COPY … FROM STDIN.
//
// What the server refuses in the middle is said at once, not when all was sent.
//
// Threads: one. Lifetime: the session outlives it, and is used by nothing else meanwhile; gone before finish(), it has
// the server give up. Memory: what was given and not yet sent: none of it, when write() returns.
// Errors: those of a session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "postgres/session.h"

namespace penstock::postgres {

class CopyIn {
 public:
  // statement: COPY … FROM STDIN. doing: what each message begins with.
  CopyIn(Session& session, const std::string& statement, std::string doing);
  ~CopyIn();
  CopyIn(const CopyIn&) = delete;
  CopyIn& operator=(const CopyIn&) = delete;

  void write(std::string_view bytes);  // of rows, cut anywhere
  std::uint64_t finish();              // Once. How many rows the server took.

 private:
  void flush();
  [[noreturn]] void say_failure();
  [[noreturn]] void lose();

  Session& session_;
  const std::string doing_;
  bool has_ended_ = false;
};

}  // namespace penstock::postgres
