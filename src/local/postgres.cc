#include "local/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>

#include "local/state.h"
#include "penstock/error.h"

namespace penstock::local {
namespace {

namespace fs = std::filesystem;

constexpr char kDebianPrograms[] = "/usr/lib/postgresql/15/bin";
constexpr char kInstall[] = "install it: apt-get install postgresql-15";

// What the programs of PostgreSQL need of an environment, and nothing of ours.
std::vector<std::string> plain_environment() { return {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}; }

// A private server for one developer. What it says is committed stays, as in Redshift: no setting trades that for
// speed.
std::string configuration(const fs::path& socket_folder) {
  return fmt::format(
      "listen_addresses = ''\n"
      "unix_socket_directories = '{}'\n"
      "unix_socket_permissions = 0700\n"
      "port = {}\n"
      "max_connections = 450\n"  // of 200 clients each may read the system tables, by a second session
      "shared_buffers = 256MB\n"
      "wal_level = minimal\n"
      "max_wal_senders = 0\n"
      "max_wal_size = 4GB\n"
      "checkpoint_timeout = 15min\n"
      "max_locks_per_transaction = 256\n"
      "max_parallel_workers_per_gather = 0\n"
      "jit = off\n"
      "track_counts = on\n"
      "timezone = 'UTC'\n"
      "log_timezone = 'UTC'\n"
      "lc_messages = 'C'\n"
      "log_line_prefix = '%m [%p] '\n"
      "log_min_error_statement = panic\n",  // a statement may hold credentials: the log never shows one
      socket_folder.string(), kPostgresPort);
}

// PostgreSQL leaves postmaster.pid behind when it is killed, and then takes any process that has that pid for itself: a
// stranger, or its own zombie where nobody collects those (a container without an init). It looks past the pid of the
// process that starts it, and only then asks whether orphans still use the shared memory: so that is what the file says
// when no server runs in the folder.
void look_past_ended_server(const fs::path& place, const std::function<void(const fs::path&)>& give) {
  const fs::path path = place / "postmaster.pid";
  std::ifstream file(path);
  pid_t pid = 0;
  if (!(file >> pid)) return;
  std::error_code none;
  const bool serves = identify(pid) && fs::equivalent(fmt::format("/proc/{}/cwd", pid), place, none);
  if (serves) return;  // not one of ours, but a server: PostgreSQL will refuse to start a second
  const std::string rest{std::istreambuf_iterator<char>(file), {}};
  write_private_file(path, std::to_string(getpid()) + rest);
  give(path);
}

std::string error_text() { return std::strerror(errno); }

}  // namespace

fs::path find_postgres_programs(const Environment& environment) {
  const auto named = environment("PENSTOCK_PG_BIN");
  const fs::path programs = named.value_or(kDebianPrograms);
  for (const char* program : {"initdb", "postgres", "psql"}) {
    if (access((programs / program).c_str(), X_OK) == 0) continue;
    throw Error(ErrorKind::not_found,
                fmt::format("the local Redshift needs PostgreSQL 15, and {} has no {}; {}", programs.string(), program,
                            named ? "PENSTOCK_PG_BIN must name the folder of its programs" : kInstall));
  }
  return programs;
}

std::optional<User> postgres_user() {
  if (geteuid() != 0) return std::nullopt;
  const passwd* entry = getpwnam("postgres");  // NOLINT(concurrency-mt-unsafe): nobody else here asks
  if (entry == nullptr) {
    throw Error(ErrorKind::not_found,
                fmt::format("PostgreSQL does not run as root, and there is no user 'postgres'; {}", kInstall));
  }
  return User{.name = entry->pw_name, .uid = entry->pw_uid, .gid = entry->pw_gid};
}

Postgres::Postgres(fs::path programs, std::optional<User> user, fs::path folder, Log& log)
    : programs_(std::move(programs)), user_(std::move(user)), folder_(std::move(folder)), log_(log) {}

void Postgres::give(const fs::path& path) const {
  if (user_ && chown(path.c_str(), user_->uid, user_->gid) != 0) {
    throw Error(ErrorKind::unavailable,
                fmt::format("{} could not be given to the user {}: {}", path.string(), user_->name, error_text()));
  }
}

bool Postgres::can_reach(const fs::path& folder) const {
  if (!user_) return true;
  return run_to_end({.arguments = {"/usr/bin/test", "-x", folder.string()},
                     .environment = plain_environment(),
                     .log = folder_ / "log/initdb.log",
                     .user = user_}) == 0;
}

void Postgres::prepare(const fs::path& socket_folder) {
  const fs::path place = folder_ / "postgres";
  if (!fs::exists(place / "PG_VERSION")) initialise(place);
  look_past_ended_server(place, [&](const fs::path& path) { give(path); });
  const fs::path config = place / "postgresql.conf";
  write_private_file(config, configuration(socket_folder));
  give(config);
}

void Postgres::initialise(const fs::path& place) {
  fs::path target = place;
  if (!can_reach(folder_)) {
    const fs::path elsewhere = "/var/lib/penstock";
    fs::create_directories(elsewhere);
    fs::permissions(elsewhere, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    std::string made = (elsewhere / "local-XXXXXX").string();
    if (mkdtemp(made.data()) == nullptr) {
      throw Error(ErrorKind::unavailable, fmt::format("{} could not be made: {}", made, error_text()));
    }
    give(made);
    target = fs::path(made) / "postgres";
    log_.info(fmt::format("the user {} can't enter {}: the database's own files are in {}", user_->name,
                          folder_.string(), made));
  }
  const fs::path next = target.string() + ".new";
  fs::remove_all(next);  // of a start that was cut short
  fs::create_directory(next);
  fs::permissions(next, fs::perms::owner_all);
  give(next);
  log_.info("making a PostgreSQL database cluster (once)");
  const fs::path log = folder_ / "log/initdb.log";
  const int code = run_to_end({.arguments = {(programs_ / "initdb").string(), "--pgdata", next.string(), "--username",
                                             kSuperuser, "--encoding", "UTF8", "--locale", "C", "--auth", "trust"},
                               .environment = plain_environment(),
                               .log = log,
                               .user = user_});
  if (code != 0) throw Error(ErrorKind::refused, fmt::format("initdb failed:\n{}", tail_of(log)));
  const fs::path hba = next / "pg_hba.conf";
  write_private_file(hba, "local all all trust\n");
  give(hba);
  fs::rename(next, target);
  if (target != place) {
    fs::remove(place);
    fs::create_directory_symlink(target, place);
  }
}

fs::path Postgres::make_socket_folder() const {
  fs::path near = folder_ / "socket";
  const fs::path socket = near / fmt::format(".s.PGSQL.{}.lock", kPostgresPort);
  if (socket.string().size() <= kLongestSocket && can_reach(folder_)) {
    fs::remove_all(near);  // with the socket of a server that was killed
    fs::create_directory(near);
    fs::permissions(near, fs::perms::owner_all);
    give(near);
    return near;
  }
  std::string made = "/tmp/penstock-XXXXXX";
  if (mkdtemp(made.data()) == nullptr) {
    throw Error(ErrorKind::unavailable, fmt::format("{} could not be made: {}", made, error_text()));
  }
  give(made);
  return made;
}

Command Postgres::serve() const {
  return {.arguments = {(programs_ / "postgres").string(), "-D", fs::canonical(folder_ / "postgres").string()},
          .environment = plain_environment(),
          .log = folder_ / "log/postgres.log",
          .user = user_};
}

bool Postgres::accepts(const fs::path& socket_folder) {
  const std::string port = std::to_string(kPostgresPort);
  const std::array<const char*, 5> keys{"host", "port", "dbname", "user", nullptr};
  const std::array<const char*, 5> values{socket_folder.c_str(), port.c_str(), "postgres", kSuperuser, nullptr};
  return PQpingParams(keys.data(), values.data(), 0) == PQPING_OK;
}

std::string tail_of(const fs::path& log) {
  constexpr std::size_t kLines = 8;
  std::ifstream file(log);
  std::deque<std::string> last;
  for (std::string line; std::getline(file, line);) {
    last.push_back("  " + line);
    if (last.size() > kLines) last.pop_front();
  }
  return last.empty() ? fmt::format("  ({} is empty)", log.string())
                      : fmt::format("{}\n  (from {})", fmt::join(last, "\n"), log.string());
}

}  // namespace penstock::local
