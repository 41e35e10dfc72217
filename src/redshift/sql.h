// SQL text that can't be injected into, and whose secrets don't show.
//
// A statement is made of text that stands in our own source, and of Identifier, Literal, SecretLiteral and numbers;
// nothing else can be appended, so a name or a value from outside can't become syntax; but for a Query, which is meant
// to.
//
//     Sql("DELETE FROM ") << Qualified{schema, name} << Sql(" WHERE ") << Identifier(key) << Sql(" = ") << Literal(v)
//
// Redshift reads a backslash in '…' as an escape (as PostgreSQL with standard_conforming_strings off) and may refuse
// E'…': a Literal doubles both ' and \. An Identifier doubles ".
//
// Errors: invalid for a NUL byte, for text that is not UTF-8, and for an identifier that is empty or longer than
// Redshift's 127 bytes (it would be cut silently).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/secret.h"

namespace penstock::redshift {

class Identifier {
 public:
  explicit Identifier(std::string_view name);
  [[nodiscard]] const std::string& quoted() const noexcept { return quoted_; }

 private:
  std::string quoted_;
};

struct Qualified {  // "schema"."name"
  std::string schema;
  std::string name;
};

class Literal {
 public:
  explicit Literal(std::string_view text);
  [[nodiscard]] const std::string& quoted() const noexcept { return quoted_; }

 private:
  std::string quoted_;
};

class SecretLiteral {
 public:
  explicit SecretLiteral(const Secret& value);
  [[nodiscard]] const Secret& quoted() const noexcept { return quoted_; }

 private:
  Secret quoted_;
};

// A query that a user wrote to be run: the one text from outside that is syntax. In a statement it stands in
// parentheses. invalid: no text. Semicolons and comments behind it are left out.
class Query {
 public:
  explicit Query(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

class Statement;
struct Placeholder;

class Sql {
 public:
  // Only text of our own source: a string literal, or a .sql file compiled in. The constructor is consteval, so that
  // nothing made at run time fits.
  consteval Sql(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  friend Statement fill(Sql file, std::initializer_list<Placeholder> values);
  constexpr explicit Sql(std::string_view part) : text_(part) {}  // of a text that already is Sql
  std::string_view text_;
};

// A whole statement, or a part of one.
class Statement {
 public:
  Statement() = default;
  // NOLINTBEGIN(google-explicit-constructor): what a statement is made of may stand where a statement is wanted
  Statement(Sql text) { *this << text; }
  Statement(const Identifier& name) { *this << name; }
  Statement(const Qualified& name) { *this << name; }
  Statement(const Literal& value) { *this << value; }
  Statement(const SecretLiteral& value) { *this << value; }
  Statement(std::int64_t number) { *this << number; }
  // NOLINTEND(google-explicit-constructor)

  Statement& operator<<(Sql text);
  Statement& operator<<(const Identifier& name);
  Statement& operator<<(const Qualified& name);
  Statement& operator<<(const Literal& value);
  Statement& operator<<(const SecretLiteral& value);
  Statement& operator<<(const Query& query);
  Statement& operator<<(std::int64_t number);
  Statement& operator<<(const Statement& part);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }    // as it is sent
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }  // as it may be shown: secrets are ***
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  // What a server said of this statement, with every secret of it as ***, should the server have quoted one.
  [[nodiscard]] std::string masked(std::string said) const;

 private:
  std::string text_;
  std::string shown_;
  std::vector<Secret> secrets_;
};

template <typename Part>
Statement operator<<(Sql start, const Part& part) {
  return std::move(Statement(start) << part);
}

// A .sql file that psql can run, with its placeholders replaced:
//
//     fill(sql::kTableColumns, {{"schema", Literal(schema)}, {"limit", 10}})    -- … WHERE nspname = :schema LIMIT
//     :limit
//
// Text in quotes and casts (::) hold no placeholders; comments are left out. Errors: internal when a placeholder has no
// value, or a value no placeholder.
struct Placeholder {
  std::string_view name;
  Statement value;
};
Statement fill(Sql file, std::initializer_list<Placeholder> values);

// Items joined by ", ".
template <typename Range, typename Make>
Statement comma_separated(const Range& range, Make make) {
  Statement out;
  for (const auto& item : range) {
    if (!out.empty()) out << Sql(", ");
    out << make(item);
  }
  return out;
}

}  // namespace penstock::redshift
