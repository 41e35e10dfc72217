// A user's own statements, on a Redshift cluster or a PostgreSQL server, and the rows that they give.
//
// A text is one statement, or several with semicolons between them: then they are one transaction, as far as they hold
// no BEGIN and COMMIT of their own. Values stand where the text says %s, or %(name)s; they are quoted as the server
// reads them, and %% is a per cent sign. A text without values is sent as it is.
//
// Threads:  a session is used from one thread at a time; `stop` may be requested from any.
// Lifetime: the log outlives the session.
// Memory:   of rows, one, however many there are.
// Errors:   Error: invalid (values that don't go with the text), not_found, denied, refused (the server's verdict on a
//           statement), unavailable (no connection), cancelled (the statement is cancelled at the server, too),
//           in_doubt (the connection was lost when a statement had been sent: nobody knows whether it was done). No
//           message holds the text, or a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "penstock/connection.h"
#include "penstock/log.h"
#include "penstock/uri.h"

namespace penstock {

struct QueryValue {
  enum class Kind {
    null,
    number,  // digits, perhaps with a sign, point and exponent; also TRUE and FALSE
    text,    // anything
    list,    // (1, 2): what IN takes
    array,   // ARRAY[1, 2]: PostgreSQL has them
  };
  enum class Type { none, date, time, timestamp, timestamptz, interval, numeric, float8 };  // that a text is cast to

  Kind kind = Kind::null;
  std::string text{};
  Type type = Type::none;
  std::vector<QueryValue> items{};
};

// Some by place or some by name, not both. nullopt, no values: the text's per cent signs are its own.
struct QueryValues {
  std::vector<QueryValue> by_place{};
  std::map<std::string, QueryValue, std::less<>> by_name{};
};

struct QueryColumn {
  std::string name;
  std::uint32_t type = 0;  // its number (oid), as PostgreSQL and Redshift count them
};

using QueryServer = std::variant<ConnectionConfig, ServerUri>;  // Redshift; PostgreSQL

class QuerySession {
 public:
  // Dates come as ISO has them; all else is as the server gives a session by itself.
  QuerySession(const QueryServer& server, Log& log, const std::stop_token& stop = {});
  ~QuerySession();
  QuerySession(const QuerySession&) = delete;
  QuerySession& operator=(const QuerySession&) = delete;

  // Runs it to its end; rows are passed over. The server's word on its last statement: "DELETE 5".
  std::string execute(std::string_view text, const std::optional<QueryValues>& values = {});

  struct BoundText {
    std::string text;
    std::optional<QueryValues> values{};
  };
  // All of them in one transaction: nothing holds unless all do. in_doubt: the connection was lost in COMMIT. An error
  // ends the session.
  void execute_together(const std::vector<BoundText>& texts);

  // Sends it; next() then has its rows. What of another text's rows is left is not waited for.
  void query(std::string_view text, const std::optional<QueryValues>& values = {});
  bool next();  // false at the end of all
  // Of the row, until next(). nullopt: NULL.
  [[nodiscard]] std::optional<std::string_view> value(std::size_t column) const;
  // Of the statement that gave rows last, also none; empty: none did.
  [[nodiscard]] const std::vector<QueryColumn>& columns() const noexcept;
  [[nodiscard]] std::size_t results() const noexcept;  // statements of the text that gave rows so far

  [[nodiscard]] const std::string& server() const noexcept;  // for people; no secret in it

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock
