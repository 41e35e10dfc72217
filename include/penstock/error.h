// The one exception type of penstock.
//
// A message names the act, the object, the server's own words, and what now holds:
//     load web.views: COPY refused views/07.csv.gz line 3018, column age: Invalid digit 'x'; nothing was committed
// Several problems found together are several lines of one message. A message never holds a secret.
#pragma once

#include <stdexcept>
#include <string>

namespace penstock {

// What a caller can do about it.
enum class ErrorKind {
  invalid,      // wrong usage or configuration, known without touching data: correct it
  not_found,    // no such object, bucket, table, schema: name another, or make it
  denied,       // the server refused who we are or what we may do
  refused,      // the server, or a check of ours, refused the data or the statement: correct the data
  unavailable,  // could not be reached, or broke off, after our own retries: try again later
  conflict,     // an input is not what it was when it was listed or loaded
  busy,         // somebody else holds the target, beyond the deadline
  in_doubt,     // the outcome of a commit is unknown; the message says what settles it
  cancelled,    // asked to stop
  internal,     // a fault of ours
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// The exit code that is the command line's interface: 1 failed, and nothing changed; 2 wrong usage (invalid); 3 outcome
// unknown (in_doubt); 4 input changed (conflict); 5 target busy; 128 + 2 cancelled. (0 is done, or nothing to do; 6 a
// check that was asked for found something: neither is an error.)
int exit_code(ErrorKind kind) noexcept;

}  // namespace penstock
