#include "endpoint/catalog/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>

#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

struct Free {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
  void operator()(char* text) const noexcept { PQfreemem(text); }
};

template <typename T>
using Owned = std::unique_ptr<T, Free>;

std::string trimmed(std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  return std::string(message);
}

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

}  // namespace

std::string conninfo_with(const std::string& conninfo,
                          std::initializer_list<std::pair<std::string_view, std::string_view>> replaced) {
  char* message = nullptr;
  const Owned<PQconninfoOption> options(PQconninfoParse(conninfo.c_str(), &message));
  const Owned<char> owned_message(message);
  if (!options) {
    throw Error(ErrorKind::invalid, fmt::format("the private PostgreSQL's conninfo: {}", trimmed(message)));
  }
  std::string out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    std::optional<std::string> value;
    if (option->val != nullptr) value = option->val;
    for (const auto& [name, other] : replaced) {
      if (name == keyword) value = other;
    }
    if (value) out += fmt::format("{}{}={}", out.empty() ? "" : " ", keyword, quoted(*value));
  }
  return out;
}

struct Postgres::Impl {
  Owned<PGconn> connection;

  [[noreturn]] void fail(const std::string& act) const {
    const bool lost = PQstatus(connection.get()) != CONNECTION_OK;
    throw Error(lost ? ErrorKind::unavailable : ErrorKind::internal,
                fmt::format("the private PostgreSQL: {}: {}", act, trimmed(PQerrorMessage(connection.get()))));
  }
};

Postgres::Postgres(const std::string& conninfo) : impl_(std::make_unique<Impl>()) {
  impl_->connection.reset(PQconnectdb(conninfo.c_str()));
  if (PQstatus(impl_->connection.get()) != CONNECTION_OK) impl_->fail("connect");
  PQsetNoticeProcessor(impl_->connection.get(), [](void*, const char*) {}, nullptr);
}

Postgres::~Postgres() = default;
Postgres::Postgres(Postgres&&) noexcept = default;
Postgres& Postgres::operator=(Postgres&&) noexcept = default;

void Postgres::run(const std::string& statements) {
  const Owned<PGresult> result(PQexec(impl_->connection.get(), statements.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) impl_->fail("run");
}

std::vector<Postgres::Row> Postgres::query(const std::string& statement, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const Owned<PGresult> result(PQexecParams(impl_->connection.get(), statement.c_str(), static_cast<int>(values.size()),
                                            nullptr, values.data(), nullptr, nullptr, 0));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) impl_->fail("query");
  std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      Value value;
      if (PQgetisnull(result.get(), row, column) == 0) value = PQgetvalue(result.get(), row, column);
      rows[static_cast<std::size_t>(row)].push_back(std::move(value));
    }
  }
  return rows;
}

Postgres::Value Postgres::value(const std::string& statement, const std::vector<std::string>& parameters) {
  auto rows = query(statement, parameters);
  return rows.empty() ? std::nullopt : std::move(rows[0].at(0));
}

bool Postgres::connected() const noexcept { return PQstatus(impl_->connection.get()) == CONNECTION_OK; }

std::string Postgres::user() const { return PQuser(impl_->connection.get()); }

std::string Postgres::literal(std::string_view text) const {
  const Owned<char> out(PQescapeLiteral(impl_->connection.get(), text.data(), text.size()));
  if (!out) impl_->fail("quote a value");
  return out.get();
}

std::string Postgres::identifier(std::string_view name) const {
  const Owned<char> out(PQescapeIdentifier(impl_->connection.get(), name.data(), name.size()));
  if (!out) impl_->fail("quote a name");
  return out.get();
}

std::string Postgres::password_verifier(const std::string& user, const std::string& password) const {
  const Owned<char> out(
      PQencryptPasswordConn(impl_->connection.get(), password.c_str(), user.c_str(), "scram-sha-256"));
  if (!out) impl_->fail("prepare a password");
  return out.get();
}

}  // namespace penstock::endpoint
