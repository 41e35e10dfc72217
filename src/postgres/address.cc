#include "postgres/address.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"
#include "pq/link.h"

namespace penstock::postgres {
namespace {

constexpr std::array<std::string_view, 2> kSchemes{"postgresql://", "postgres://"};
constexpr std::string_view kBeforeTable = "::";

void refuse_unknown_options(const ServerUri& server) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known(PQconndefaults(), &PQconninfoFree);
  for (const auto& [name, value] : server.options) {
    bool is_known = false;
    for (const PQconninfoOption* option = known.get(); option != nullptr && option->keyword != nullptr; ++option) {
      is_known |= name == option->keyword;
    }
    if (!is_known || name == "replication") {
      throw Error(ErrorKind::invalid,
                  fmt::format("the URI's option '{}' is none that a session may be given", printable(name)));
    }
  }
}

TableName table_of(std::string_view text) {
  const auto dot = text.find('.');
  TableName name;
  if (dot != std::string_view::npos) name.schema = text.substr(0, dot);
  name.table = text.substr(dot == std::string_view::npos ? 0 : dot + 1);
  if (name.table.empty() || dot == 0) {
    throw Error(ErrorKind::invalid, "behind the URI's :: there is no name of a table: ::table or ::schema.table");
  }
  return name;
}

}  // namespace

bool is_address(std::string_view text) noexcept {
  return std::ranges::any_of(kSchemes, [&](std::string_view scheme) { return text.starts_with(scheme); });
}

Address parse_address(std::string_view uri) {
  if (uri.find('\0') != std::string_view::npos) throw Error(ErrorKind::invalid, "the URI holds a NUL byte");
  Address address{.server = parse_server_uri(uri), .table = {}};
  std::string& database = address.server.database;
  if (const auto at = database.find(kBeforeTable); at != std::string::npos) {
    address.table = table_of(std::string_view(database).substr(at + kBeforeTable.size()));
    database.resize(at);
  }
  refuse_unknown_options(address.server);
  return address;
}

Secret conninfo(const ServerUri& server, std::string_view application_name) {
  std::string out;
  const auto say = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += fmt::format("{}={} ", name, pq::in_quotes(value));
  };
  // A server gone without a word shows after two minutes. What comes later in the string wins.
  say("keepalives_idle", "60");
  say("keepalives_interval", "15");
  say("keepalives_count", "4");
  say("tcp_user_timeout", "120000");
  say("fallback_application_name", application_name);
  say("host", server.host);
  if (server.port != 0) say("port", std::to_string(server.port));
  say("dbname", server.database);
  say("user", server.user);
  say("password", server.password.reveal());
  for (const auto& [name, value] : server.options) say(name, value);
  say("client_encoding", "UTF8");
  return Secret(std::move(out));
}

}  // namespace penstock::postgres
