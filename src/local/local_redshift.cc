#include "local/local_redshift.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "local/certificate.h"
#include "local/object_server.h"
#include "local/ports.h"
#include "penstock/error.h"

namespace penstock::local {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr char kHost[] = "127.0.0.1";
constexpr char kDatabase[] = "dev";
constexpr char kUser[] = "awsuser";
constexpr char kRegion[] = "us-east-1";
constexpr char kBucket[] = "penstock";  // of what penstock itself puts into S3
constexpr seconds kPatience{60};

// Stopped in this order: first who asks, then who answers.
struct Service {
  const char* name;
  int signal;         // asks it to end in order
  int harder_signal;  // after kPatience
};
constexpr Service kServices[] = {{"endpoint", SIGTERM, SIGKILL},
                                 {"versitygw", SIGTERM, SIGKILL},
                                 {"postgres", SIGINT, SIGQUIT}};  // "fast": rolls back what is open, and writes all out

bool is_needed(const Service& service, const State& state) {
  return service.name != std::string_view("versitygw") || state.s3.kind == S3Kind::versitygw;
}

bool all_running(const State& state) {
  const auto alive = running(state);
  return std::ranges::all_of(kServices,
                             [&](const Service& s) { return !is_needed(s, state) || alive.contains(s.name); });
}

void pause_for(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

void make_private_folder(const fs::path& folder) {
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
}

// A folder of somebody's own is not to be closed to others and filled with a database.
void refuse_foreign_folder(const fs::path& folder) {
  if (!fs::exists(folder) || fs::exists(folder / "state.json")) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename();
    if (name == "log" || name == "lock" || name == "state.json.new") continue;  // of a first start that was cut short
    if (!fs::exists(folder / "state.json")) {                                   // nor of one that has just begun
      throw Error(ErrorKind::refused, fmt::format("{} holds {}, and is no local Redshift's: name a new folder, or an "
                                                  "empty one, with --data",
                                                  folder.string(), name.string()));
    }
  }
}

S3Place wanted_s3(const std::string& wanted, const S3Place& before) {
  if (wanted.empty()) return before;
  if (wanted == "folder") return {.kind = S3Kind::folder, .url = {}};
  if (wanted == "versitygw") {
    return {.kind = S3Kind::versitygw, .url = before.kind == S3Kind::versitygw ? before.url : ""};
  }
  return {.kind = S3Kind::url, .url = wanted};
}

// Another S3 server has keys of its own; ours can't be made up.
void take_keys_of_environment(State& state, const Environment& environment) {
  const auto id = environment("AWS_ACCESS_KEY_ID");
  const auto secret = environment("AWS_SECRET_ACCESS_KEY");
  std::string missing;
  if (!id) missing += "AWS_ACCESS_KEY_ID is missing: the access key of the S3 server that --s3 names\n";
  if (!secret) missing += "AWS_SECRET_ACCESS_KEY is missing: its secret key\n";
  if (!missing.empty()) throw Error(ErrorKind::invalid, missing);
  state.access_key_id = *id;
  state.secret_access_key = Secret(*secret);
}

std::optional<int> read_port(const fs::path& file) {
  std::ifstream in(file);
  int port = 0;
  return in >> port && port > 0 ? std::optional(port) : std::nullopt;
}

bool endpoint_accepts(int port, const State& state) {
  const std::string port_text = std::to_string(port);
  const std::array<const char*, 7> keys{"host", "port", "dbname", "user", "password", "connect_timeout", nullptr};
  const std::array<const char*, 7> values{
      kHost, port_text.c_str(), kDatabase, kUser, state.password.reveal().c_str(), "5", nullptr};
  PGconn* connection = PQconnectdbParams(keys.data(), values.data(), 0);
  const bool accepted = PQstatus(connection) == CONNECTION_OK;
  PQfinish(connection);
  return accepted;
}

}  // namespace

LocalRedshift::LocalRedshift(const fs::path& folder, Environment environment, Log& log)
    : folder_(fs::absolute(folder).lexically_normal()), environment_(std::move(environment)), log_(log) {}

fs::path LocalRedshift::log_of(const std::string& name) const { return folder_ / "log" / (name + ".log"); }

LocalRedshift::Started LocalRedshift::up(const UpOptions& options, const std::stop_token& stop) {
  refuse_foreign_folder(folder_);
  make_private_folder(folder_ / "log");
  // PostgreSQL's user must get through to its own folder; all else in here is closed to it.
  fs::permissions(folder_, postgres_user() ? fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec
                                           : fs::perms::owner_all);
  const FolderLock lock(folder_);
  State state = read_state(folder_).value_or(new_state());
  const S3Place s3 = wanted_s3(options.s3, state.s3);
  if (all_running(state)) {
    if (s3.kind != state.s3.kind || s3.url != state.s3.url || (options.port && *options.port != state.port)) {
      throw Error(ErrorKind::refused,
                  fmt::format("the local Redshift of {} runs already, with another port or S3; stop it first: "
                              "penstock local down",
                              folder_.string()));
    }
    return Started::already;
  }
  if (!running(state).empty()) log_.warning("a part of it still ran, of a start or a stop that was cut short");
  stop_all(state);
  state.s3 = s3;
  if (s3.kind == S3Kind::url) take_keys_of_environment(state, environment_);
  state.boot_id = current_boot_id();
  write_state(folder_, state);
  try {
    start_postgres(state, stop);
    if (s3.kind == S3Kind::versitygw) start_versitygw(state, stop);
    if (s3.kind == S3Kind::folder) {
      make_private_folder(folder_ / "s3");
      make_private_folder(folder_ / "s3" / kBucket);
    }
    start_endpoint(state, options, stop);
  } catch (...) {
    stop_all(state);
    throw;
  }
  return Started::now;
}

void LocalRedshift::start(State& state, const std::string& name, const Command& command) {
  log_.debug(fmt::format("starting {}", fmt::join(command.arguments, " ")));
  spawn(command, [&](const ProcessId& process) {
    state.processes[name] = process;
    write_state(folder_, state);
  });
}

template <typename Ready>
void LocalRedshift::wait_until_ready(const State& state, const std::string& name, const std::stop_token& stop,
                                     Ready ready) {
  const auto deadline = steady_clock::now() + kPatience;
  for (;;) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "the start was interrupted; nothing runs");
    if (!is_running(state.processes.at(name))) {
      throw Error(ErrorKind::unavailable, fmt::format("{} ended while it started; nothing runs. Its last words:\n{}",
                                                      name, tail_of(log_of(name))));
    }
    if (ready()) return;
    if (steady_clock::now() > deadline) {
      throw Error(ErrorKind::unavailable,
                  fmt::format("{} accepted no connection in {} s; nothing runs. Its last words:\n{}", name,
                              kPatience.count(), tail_of(log_of(name))));
    }
    pause_for(milliseconds(20), stop);
  }
}

void LocalRedshift::start_postgres(State& state, const std::stop_token& stop) {
  Postgres postgres(find_postgres_programs(environment_), postgres_user(), folder_, log_);
  state.socket_folder = postgres.make_socket_folder();
  postgres.prepare(state.socket_folder);
  start(state, "postgres", postgres.serve());
  wait_until_ready(state, "postgres", stop, [&] { return Postgres::accepts(state.socket_folder); });
}

void LocalRedshift::start_versitygw(State& state, const std::stop_token& stop) {
  const ObjectServer server(find_versitygw(environment_), folder_ / "versitygw");
  const int port = free_port(port_of(state.s3.url));
  state.s3.url = fmt::format("http://{}:{}", kHost, port);
  server.make_bucket(kBucket);
  start(state, "versitygw", server.serve(port, state.access_key_id, state.secret_access_key, log_of("versitygw")));
  wait_until_ready(state, "versitygw", stop, [&] { return accepts_connections(port); });
}

void LocalRedshift::start_endpoint(State& state, const UpOptions& options, const std::stop_token& stop) {
  if (options.port && !is_free(*options.port)) {
    throw Error(ErrorKind::unavailable, fmt::format("port {} is taken by another program", *options.port));
  }
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "penstock-endpoint";
  if (access(program.c_str(), X_OK) != 0) {
    throw Error(ErrorKind::not_found,
                fmt::format("there is no penstock-endpoint beside penstock, in {}", program.parent_path().string()));
  }
  const fs::path config = folder_ / "endpoint.json";
  const fs::path port_file = folder_ / "endpoint.port";
  fs::remove(port_file);
  const auto [root, certificate, key] = ensure_certificate(folder_);
  using nlohmann::json;
  const json s3 = state.s3.kind == S3Kind::folder ? json{{"folder", (folder_ / "s3").string()}}
                                                  : json{{"endpoint_url", state.s3.url}};
  write_private_file(
      config,
      json{{"listen", kHost},
           {"port", options.port.value_or(free_port(state.port))},
           {"port_file", port_file.string()},
           {"database", kDatabase},
           {"user", kUser},
           {"password", state.password.reveal()},
           {"backend", {{"socket_dir", state.socket_folder}, {"port", kPostgresPort}, {"superuser", kSuperuser}}},
           {"tls", {{"certificate", certificate.string()}, {"key", key.string()}}},
           {"s3", s3},
           {"credentials",
            {{"access_key_id", state.access_key_id}, {"secret_access_key", state.secret_access_key.reveal()}}},
           {"region", kRegion}}
          .dump(2));
  start(state, "endpoint",
        {.arguments = {program.string(), "--config", config.string()},
         .environment = inherited_environment({}),
         .log = log_of("endpoint")});
  wait_until_ready(state, "endpoint", stop, [&] {
    const auto port = read_port(port_file);
    if (!port || !endpoint_accepts(*port, state)) return false;
    state.port = *port;
    return true;
  });
  write_state(folder_, state);
}

void LocalRedshift::stop_all(State& state) {
  const auto alive = running(state);
  for (const auto& [name, signal, harder_signal] : kServices) {
    if (alive.contains(name)) {
      const ProcessId& process = alive.at(name);
      log_.debug(fmt::format("stopping {}", name));
      send_signal(process, signal);
      if (!wait_until_gone(process, steady_clock::now() + kPatience)) {
        log_.warning(fmt::format("{} did not end in {} s when asked; ending it", name, kPatience.count()));
        send_signal(process, harder_signal);
        if (!wait_until_gone(process, steady_clock::now() + kPatience)) {
          throw Error(ErrorKind::unavailable, fmt::format("{} (process {}) can't be ended", name, process.pid));
        }
      }
    }
    state.processes.erase(name);
  }
  // Only what make_socket_folder() made, and empty but for what PostgreSQL left.
  if (state.socket_folder.starts_with("/tmp/penstock-")) fs::remove_all(state.socket_folder);
  state.socket_folder.clear();
  write_state(folder_, state);
}

bool LocalRedshift::down() {
  if (!fs::exists(folder_)) return false;
  const FolderLock lock(folder_);
  auto state = read_state(folder_);
  if (!state) return false;
  const bool ran = !running(*state).empty();
  stop_all(*state);
  return ran;
}

LocalStatus LocalRedshift::status() const {
  LocalStatus status{.folder = folder_};
  const auto state = read_state(folder_);
  if (!state) return status;
  const auto alive = running(*state);
  status.running = all_running(*state);
  for (const Service& service : kServices) {
    if (!is_needed(service, *state)) continue;
    const auto found = alive.find(service.name);
    status.processes.push_back(
        {.name = service.name, .running = found != alive.end(), .pid = found == alive.end() ? 0 : found->second.pid});
  }
  status.host = kHost;
  status.port = state->port;
  status.database = kDatabase;
  status.user = kUser;
  status.s3 = state->s3.kind == S3Kind::folder ? (folder_ / "s3").string() : state->s3.url;
  return status;
}

void LocalRedshift::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pause_for(milliseconds(500), stop);
    auto state = read_state(folder_);
    if (state && all_running(*state)) continue;
    if (stop.stop_requested()) break;
    const FolderLock lock(folder_);  // somebody may be stopping or starting it: what counts is what holds afterwards
    state = read_state(folder_);
    if (!state || state->processes.empty()) return;
    if (all_running(*state)) continue;
    std::string ended;
    for (const Service& service : kServices) {
      if (!is_needed(service, *state) || running(*state).contains(service.name)) continue;
      ended += fmt::format("{} ended by itself. Its last words:\n{}\n", service.name, tail_of(log_of(service.name)));
    }
    stop_all(*state);
    throw Error(ErrorKind::unavailable, ended + "all is stopped");
  }
  down();
}

std::vector<Setting> LocalRedshift::settings() const {
  const auto state = read_state(folder_);
  if (!state || !all_running(*state)) {
    throw Error(ErrorKind::not_found,
                fmt::format("no local Redshift runs for {}; start it: penstock local up --detach", folder_.string()));
  }
  std::vector<Setting> out{{"REDSHIFT_HOST", kHost},
                           {"REDSHIFT_PORT", std::to_string(state->port)},
                           {"REDSHIFT_DB", kDatabase},
                           {"REDSHIFT_USER", kUser},
                           {"REDSHIFT_PASSWORD", state->password.reveal()},
                           {"PGSSLROOTCERT", certificate_files(folder_).root.string()},
                           {"AWS_ACCESS_KEY_ID", state->access_key_id},
                           {"AWS_SECRET_ACCESS_KEY", state->secret_access_key.reveal()},
                           {"AWS_REGION", kRegion}};
  // What another S3 has left in the shell would lead there, or spoil these keys.
  const bool folder = state->s3.kind == S3Kind::folder;
  out.push_back({"AWS_SESSION_TOKEN", std::nullopt});
  out.push_back({"AWS_ENDPOINT_URL_S3", folder ? std::nullopt : std::optional(state->s3.url)});
  out.push_back({"PENSTOCK_S3_FOLDER", folder ? std::optional((folder_ / "s3").string()) : std::nullopt});
  // On somebody else's S3 there is no bucket of ours.
  if (state->s3.kind != S3Kind::url) out.push_back({"PENSTOCK_S3_BASE_PATH", fmt::format("s3://{}/", kBucket)});
  return out;
}

fs::path default_folder(const Environment& environment) {
  if (const auto data = environment("XDG_DATA_HOME")) return fs::path(*data) / "penstock/local";
  if (const auto home = environment("HOME")) return fs::path(*home) / ".local/share/penstock/local";
  throw Error(ErrorKind::invalid, "HOME is not set: say with --data where the local Redshift lives");
}

}  // namespace penstock::local
