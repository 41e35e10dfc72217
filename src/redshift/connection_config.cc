#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "penstock/connection.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock {
namespace {

constexpr int kRedshiftPort = 5439;
constexpr std::array<std::string_view, 6> kSslModes = {"disable", "allow",     "prefer",
                                                       "require", "verify-ca", "verify-full"};

// Takes what is there, and keeps what is wrong until all of it is known.
class ConfigReader {
 public:
  // sources: where a connection's parts may be set, in words
  ConfigReader(const Environment& environment, std::string_view sources)
      : environment_(environment), sources_(sources) {}

  void take(std::string& value, std::string_view variable) {
    if (!value.empty()) return;
    if (const auto found = environment_(variable)) {
      value = *found;
    } else {
      missing_.emplace_back(variable);
    }
  }

  void take_password(Secret& value) {
    std::string password = value.reveal();
    take(password, "REDSHIFT_PASSWORD");
    value = Secret(std::move(password));
  }

  void take_port(int& port) {
    if (port != 0) return;
    const std::string text = environment_("REDSHIFT_PORT").value_or(std::to_string(kRedshiftPort));
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc() || last != end || port < 1 || port > 65535) {
      problems_.emplace_back("REDSHIFT_PORT is no number from 1 to 65535");  // what it is may be a secret, misplaced
    }
  }

  void take_tls(ConnectionConfig& config) {
    if (config.sslmode.empty()) config.sslmode = environment_("PGSSLMODE").value_or("");
    if (config.sslrootcert.empty()) config.sslrootcert = environment_("PGSSLROOTCERT").value_or("");
    if (!config.sslmode.empty() && std::ranges::find(kSslModes, config.sslmode) == kSslModes.end()) {
      problems_.push_back(fmt::format("sslmode (PGSSLMODE) is '{}', which is none of {}", printable(config.sslmode),
                                      fmt::join(kSslModes, ", ")));
    }
  }

  void check_host(const std::string& host) {
    if (host.find(',') != std::string::npos) {
      problems_.push_back(fmt::format("the host '{}' is a list; name one", printable(host)));
    }
  }

  void add_problem(std::string problem) { problems_.push_back(std::move(problem)); }

  void throw_if_wrong() const {
    std::vector<std::string> all = problems_;
    if (!missing_.empty()) {
      all.insert(all.begin(), fmt::format("no connection: {} not set in {}", fmt::join(missing_, ", "), sources_));
    }
    if (!all.empty()) throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(all, "\n")));
  }

 private:
  const Environment& environment_;
  const std::string_view sources_;
  std::vector<std::string> missing_;
  std::vector<std::string> problems_;
};

ConnectionConfig completed(ConnectionConfig config, ConfigReader& reader) {
  reader.take(config.host, "REDSHIFT_HOST");
  reader.take_port(config.port);
  reader.take(config.database, "REDSHIFT_DB");
  reader.take(config.user, "REDSHIFT_USER");
  reader.take_password(config.password);
  reader.take_tls(config);
  reader.check_host(config.host);
  reader.throw_if_wrong();
  return config;
}

}  // namespace

ConnectionConfig connection_config(const Environment& environment) {
  ConfigReader reader(environment, "the environment");
  ConnectionConfig config;
  config.port = 0;
  return completed(std::move(config), reader);
}

ConnectionConfig connection_config(const std::string& uri, const Environment& environment) {
  const ServerUri given = parse_server_uri(uri);
  ConfigReader reader(environment, "the URI or the environment");
  if (given.scheme != "redshift") {
    reader.add_problem(
        fmt::format("'{}://' is not a Redshift connection: redshift://user:password@host:port/database", given.scheme));
  }
  ConnectionConfig config{.host = given.host,
                          .port = given.port,
                          .database = given.database,
                          .user = given.user,
                          .password = given.password,
                          .sslmode = {},
                          .sslrootcert = {}};
  for (const auto& [name, value] : given.options) {
    if (name == "sslmode") {
      config.sslmode = value;
    } else if (name == "sslrootcert") {
      config.sslrootcert = value;
    } else {
      reader.add_problem(
          fmt::format("the URI's option '{}' is unknown: sslmode and sslrootcert are taken", printable(name)));
    }
  }
  return completed(std::move(config), reader);
}

}  // namespace penstock
