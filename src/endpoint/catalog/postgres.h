// A superuser's session on the private PostgreSQL, for bootstrap and recorder.
//
// Threads: one at a time. Errors: Error: unavailable when the server can't be reached or went away, internal when it
// refuses one of our own statements; with its words.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::endpoint {

// libpq's conninfo (key=value or URI) with some of its keywords replaced.
std::string conninfo_with(const std::string& conninfo,
                          std::initializer_list<std::pair<std::string_view, std::string_view>> replaced);

class Postgres {
 public:
  explicit Postgres(const std::string& conninfo);
  ~Postgres();
  Postgres(Postgres&&) noexcept;
  Postgres& operator=(Postgres&&) noexcept;

  using Value = std::optional<std::string>;
  using Row = std::vector<Value>;
  void run(const std::string& statements);  // any number, without parameters
  std::vector<Row> query(const std::string& statement, const std::vector<std::string>& parameters = {});
  // One value of one row; nullopt: no row, or NULL.
  Value value(const std::string& statement, const std::vector<std::string>& parameters = {});

  [[nodiscard]] bool connected() const noexcept;
  [[nodiscard]] std::string user() const;
  [[nodiscard]] std::string literal(std::string_view text) const;
  [[nodiscard]] std::string identifier(std::string_view name) const;
  // What CREATE ROLE takes in place of the password, so that no log of the server ever shows it.
  [[nodiscard]] std::string password_verifier(const std::string& user, const std::string& password) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::endpoint
