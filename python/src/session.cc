#include "session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "penstock/error.h"

namespace penstock::python {
namespace {

constexpr std::chrono::seconds kTidyingTime{5};  // its own objects are removed from the bucket after a stop, too

using Variables = std::map<std::string, std::string, std::less<>>;

Variables variables_of(nb::handle environment, Problems& problems) {
  Variables variables;
  if (!nb::isinstance(environment, nb::module_::import_("collections.abc").attr("Mapping"))) {
    problems.emplace_back("environment is no dict of texts");  // it may hold a password: it is not shown
    return variables;
  }
  for (const nb::handle name : nb::iter(environment)) {
    const nb::object value = environment[name];
    if (!nb::isinstance<nb::str>(name) || !nb::isinstance<nb::str>(value)) {
      problems.push_back(fmt::format("environment: {} is not a text with a text for its value", shown(name)));
      continue;
    }
    variables[nb::cast<std::string>(name)] = nb::cast<std::string>(value);
  }
  return variables;
}

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

// The connection's variables before all others.
Environment environment_with(const ConnectionConfig& connection, Environment others) {
  Variables of_connection{{"REDSHIFT_HOST", connection.host},
                          {"REDSHIFT_PORT", std::to_string(connection.port)},
                          {"REDSHIFT_DB", connection.database},
                          {"REDSHIFT_USER", connection.user},
                          {"REDSHIFT_PASSWORD", connection.password.reveal()},
                          {"PGSSLMODE", connection.sslmode},
                          {"PGSSLROOTCERT", connection.sslrootcert}};
  return [first = environment_of(std::move(of_connection)), others = std::move(others)](std::string_view name) {
    auto value = first(name);
    return value ? value : others(name);
  };
}

std::string repr_of(const ConnectionConfig& connection) {
  return fmt::format("Connection(host='{}', port={}, database='{}', user='{}', password={})", connection.host,
                     connection.port, connection.database, connection.user,
                     connection.password.empty() ? "''" : "'***'");
}

void read_connection(ConnectionConfig* into, const nb::kwargs& keywords) {
  struct Given {
    std::string host{};
    int port = ConnectionConfig{}.port;
    std::string database{};
    std::string user{};
    std::string password{};
    std::string sslmode{};
    std::string sslrootcert{};
  };
  static const auto kOptions = Options<Given>()
                                   .add("host", &Given::host)
                                   .add("port", &Given::port)
                                   .add("database", &Given::database)
                                   .add("user", &Given::user)
                                   .add("sslmode", &Given::sslmode)
                                   .add("sslrootcert", &Given::sslrootcert);
  Problems problems;
  nb::dict others;
  std::string password;
  for (const auto& [name, value] : keywords) {
    if (nb::cast<std::string>(name) != "password") {
      others[name] = value;
    } else if (!nb::isinstance<nb::str>(value)) {
      problems.emplace_back("password is no text");  // what it is instead may be one all the same: it is not shown
    } else {
      password = nb::cast<std::string>(value);
    }
  }
  Given given = kOptions.read(others, problems);
  require_none(problems);
  new (into) ConnectionConfig{.host = std::move(given.host),
                              .port = given.port,
                              .database = std::move(given.database),
                              .user = std::move(given.user),
                              .password = Secret(std::move(password)),
                              .sslmode = std::move(given.sslmode),
                              .sslrootcert = std::move(given.sslrootcert)};
}

}  // namespace

void collect(Problems& problems, const std::function<void()>& check) {
  try {
    check();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::invalid) throw;
    problems.emplace_back(e.what());
  }
}

void require_none(const Problems& problems) {
  if (!problems.empty()) throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
}

Place::Place(nb::handle connection, nb::handle environment, Problems& problems)
    : given_(environment.is_none() ? Environment(process_environment)
                                   : environment_of(variables_of(environment, problems))),
      environment_(given_) {
  if (connection.is_none()) return;
  ConnectionConfig config;
  if (nb::isinstance<ConnectionConfig>(connection)) {
    config = nb::cast<ConnectionConfig>(connection);
  } else if (nb::isinstance<nb::str>(connection)) {
    const auto uri = nb::cast<std::string>(connection);
    const auto before = problems.size();
    collect(problems, [&] { config = connection_config(uri, given_); });
    if (problems.size() != before) return;
  } else {
    problems.emplace_back("connection is neither a redshift:// URI nor a penstock.Connection");
    return;
  }
  connection_ = config;
  environment_ = environment_with(config, given_);
}

ConnectionConfig Place::connection(Problems& problems) const {
  ConnectionConfig found;
  collect(problems, [&] { found = connection_config(environment_); });
  return found;
}

OpenBuckets::OpenBuckets(const Environment& environment, Call& call)
    : grace_(call.stop(), kTidyingTime), buckets_(open_buckets(environment, call.log(), grace_.stop())) {}

void bind_connection(nb::module_& module) {
  nb::class_<ConnectionConfig>(
      module, "Connection",
      "How to reach a Redshift cluster. What is left out comes from ``REDSHIFT_HOST``, ``REDSHIFT_PORT``, "
      "``REDSHIFT_DB``,\n``REDSHIFT_USER``, ``REDSHIFT_PASSWORD``, ``PGSSLMODE`` and ``PGSSLROOTCERT``.\n\n"
      ">>> penstock.Connection(host=\"cluster.example\", database=\"dev\", user=\"app\", password=\"secret\")\n"
      "Connection(host='cluster.example', port=5439, database='dev', user='app', password='***')\n")
      .def(
          "__init__", [](ConnectionConfig* self, const nb::kwargs& given) { read_connection(self, given); },
          nb::sig("def __init__(self, *, host: str = '', port: int = 5439, database: str = '', user: str = '', "
                  "password: str = '', sslmode: str = '', sslrootcert: str = '') -> None"))
      .def_ro("host", &ConnectionConfig::host)
      .def_ro("port", &ConnectionConfig::port)
      .def_ro("database", &ConnectionConfig::database)
      .def_ro("user", &ConnectionConfig::user)
      .def_ro("sslmode", &ConnectionConfig::sslmode, "libpq's words; empty: verify-full, and prefer on loopback.")
      .def_ro("sslrootcert", &ConnectionConfig::sslrootcert, "The path of a certificate bundle.")
      .def("__repr__", &repr_of);
}

}  // namespace penstock::python
