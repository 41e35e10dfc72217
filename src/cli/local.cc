// penstock local up | down | status | env | sql
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "local/local_redshift.h"
#include "local/shell.h"
#include "local/sql_client.h"
#include "penstock/error.h"

namespace penstock::cli {
namespace {

using local::LocalRedshift;

// What was typed; an instance a command, shared with the Run that it becomes.
struct Typed {
  std::string data;
  std::optional<int> port;
  std::string s3;
  bool detach = false;
  bool json = false;
  std::optional<std::string> statement;
};

void add_data(Command command, Typed& typed) {
  command.add_option("--data", typed.data, "Where it lives; default: ~/.local/share/penstock/local", "DIR");
}

std::filesystem::path folder_of(const Typed& typed, const Environment& environment) {
  return typed.data.empty() ? local::default_folder(environment) : std::filesystem::path(typed.data);
}

// The command that reaches the same local Redshift: " --data X" where the default won't do.
std::string same_data(const Typed& typed) {
  return typed.data.empty() ? "" : " --data " + local::shell_quoted(typed.data);
}

void check_up(const Typed& typed, Problems& problems) {
  if (typed.port && (*typed.port < 1 || *typed.port > 65535)) {
    problems.add(fmt::format("--port {}: a port is a number from 1 to 65535", *typed.port));
  }
  const bool url = typed.s3.starts_with("http://") || typed.s3.starts_with("https://");
  if (!typed.s3.empty() && typed.s3 != "folder" && typed.s3 != "versitygw" && !url) {
    problems.add(fmt::format("--s3 {}: it can be folder, versitygw, or the http(s) URL of an S3 server", typed.s3));
  }
}

std::string summary(const local::LocalStatus& status) {
  std::string out;
  if (status.running) {
    out = fmt::format("A local Redshift runs at {}:{}, database {}, user {}; S3 is {}.\n", status.host, status.port,
                      status.database, status.user, status.s3);
  } else {
    out = "No local Redshift runs.\n";
  }
  out += fmt::format("  data: {}\n", status.folder.string());
  for (const auto& process : status.processes) {
    out += fmt::format("  {}: {}\n", process.name,
                       process.running ? fmt::format("process {}", process.pid) : "not running");
  }
  return out;
}

std::string what_next(const Typed& typed) {
  const std::string data = same_data(typed);
  return fmt::format(
      "Next:\n"
      "  eval \"$(penstock local env{0})\"    # then penstock and other tools find it\n"
      "  penstock local sql{0} 'SELECT 1'\n",
      data);
}

int up(const Typed& typed, const Session& session) {
  LocalRedshift redshift(folder_of(typed, session.environment), session.environment, session.log);
  const auto started = redshift.up({.port = typed.port, .s3 = typed.s3}, session.stop);
  session.out << summary(redshift.status());
  if (started == LocalRedshift::Started::already) {
    session.out << "It ran already.\n" << what_next(typed) << std::flush;
    return 0;
  }
  session.out << what_next(typed);
  if (typed.detach) {
    session.out << "  penstock local down" << same_data(typed) << '\n' << std::flush;
    return 0;
  }
  session.out << "It runs until you press Ctrl-C.\n" << std::flush;
  redshift.watch(session.stop);
  session.out << "Stopped.\n";
  return 0;
}

int status(const Typed& typed, const Session& session) {
  const auto status = LocalRedshift(folder_of(typed, session.environment), session.environment, session.log).status();
  if (!typed.json) {
    session.out << summary(status);
    return 0;
  }
  nlohmann::ordered_json processes = nlohmann::json::array();
  for (const auto& process : status.processes) {
    processes.push_back({{"name", process.name}, {"running", process.running}, {"pid", process.pid}});
  }
  session.out
      << nlohmann::ordered_json{{"running", status.running}, {"data", status.folder.string()}, {"host", status.host},
                                {"port", status.port},       {"database", status.database},    {"user", status.user},
                                {"s3", status.s3},           {"processes", processes}}
      << '\n';
  return 0;
}

// A Prepare that checks `typed` and then does `act`.
template <typename Act>
Prepare prepare(const std::shared_ptr<Typed>& typed, Act act) {
  return [typed, act](const Environment& environment, Problems& problems) -> Run {
    check_up(*typed, problems);
    problems.collect([&] { return folder_of(*typed, environment); });
    return [typed, act](const Session& session) { return act(*typed, session); };
  };
}

}  // namespace

void add_local(Program& program) {
  const Command group = program.add_group("local", "The local Redshift: start, stop and use it");
  const auto add = [&](const std::string& name, const std::string& description, const std::string& example, auto act,
                       const std::function<void(Command, Typed&)>& options) {
    auto typed = std::make_shared<Typed>();
    Command command = program.add(group, name, description, example, prepare(typed, act));
    options(command, *typed);
    add_data(command, *typed);
  };

  add("up", "Start it: a private PostgreSQL, the endpoint before it, and S3", "penstock local up --detach", up,
      [](Command command, Typed& typed) {
        command.add_option("--port", typed.port, "Where it listens on 127.0.0.1; default: the last one, or a free one");
        command.add_option("--s3", typed.s3, "folder (default), versitygw, or the URL of an S3 server", "S3");
        command.add_flag("--detach", typed.detach, "Return once it runs; stop it with penstock local down");
      });
  add(
      "down", "Stop it; its data stay", "penstock local down",
      [](const Typed& typed, const Session& session) {
        LocalRedshift redshift(folder_of(typed, session.environment), session.environment, session.log);
        session.out << (redshift.down() ? "Stopped; the data stay in " : "Nothing ran; the data are in ")
                    << redshift.status().folder.string() << '\n';
        return 0;
      },
      [](Command, Typed&) {});
  add("status", "Say whether it runs, and where", "penstock local status --json", status,
      [](Command command, Typed& typed) { command.add_flag("--json", typed.json, "One JSON object"); });
  add(
      "env", "Print the settings that tools need, as lines for a shell", "eval \"$(penstock local env)\"",
      [](const Typed& typed, const Session& session) {
        LocalRedshift redshift(folder_of(typed, session.environment), session.environment, session.log);
        session.out << local::shell_lines(redshift.settings());
        return 0;
      },
      [](Command, Typed&) {});
  add(
      "sql", "Run a statement, or what stdin holds, with psql; on a terminal, talk to it",
      "penstock local sql 'SELECT count(*) FROM web.pages'",
      [](const Typed& typed, const Session& session) {
        const LocalRedshift redshift(folder_of(typed, session.environment), session.environment, session.log);
        return local::run_psql(redshift.settings(), typed.statement, session.environment);
      },
      [](Command command, Typed& typed) {
        command.add_option("STATEMENT", typed.statement, "SQL; several statements are separated by ;");
      });
}

}  // namespace penstock::cli
