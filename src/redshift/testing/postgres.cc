#include "redshift/testing/postgres.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>

#include "penstock/environment.h"

namespace penstock::servers {
namespace {

namespace fs = std::filesystem;

constexpr char kUser[] = "penstock";
constexpr char kPassword[] = "it's a \\ secret";

fs::path binaries() { return process_environment("PENSTOCK_POSTGRES_BIN").value_or("/usr/lib/postgresql/15/bin"); }

// Makes the server's files in the working folder, of: PostgreSQL's programs, user, password, "tls" or "".
constexpr char kMake[] = R"(programs=$1 user=$2 password=$3 tls=$4
printf %s "$password" >password
"$programs/initdb" --pgdata=data --username="$user" --pwfile=password --encoding=UTF8 --locale=C --no-sync \
  --auth-local=trust --auth-host=scram-sha-256 </dev/null || exit
if [ "$tls" ]; then  # an authority, and its certificate for the name localhost (and for no address)
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out root.crt &&
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout data/server.key -out server.csr &&
    printf 'subjectAltName=DNS:localhost\n' >names &&
    openssl x509 -req -in server.csr -CA root.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names \
      -out data/server.crt &&
    chmod 600 data/server.key || exit
fi
)";

// Cleans up should we be killed: its input, a pipe of ours, says which process the server is, and ends however we end.
// It ignores the signals of a terminal, as those are for us to answer. At "stop" it leaves all to us.
constexpr char kKeeper[] = R"(trap "" INT TERM HUP
folder=$1 server=
while read -r word; do
  [ "$word" = stop ] && exit
  server=$word
done
[ "$server" ] && kill -QUIT "$server" && while kill -0 "$server"; do sleep 0.1; done
rm -rf "$folder"
)";

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("private PostgreSQL: " + what); }

// PostgreSQL refuses to run as root.
std::vector<std::string> unprivileged() {
  if (geteuid() != 0) return {};
  return {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"};
}

// Starts a program, its stdin from `in` (-1: none) and its output appended to `log`, in a session of its own.
pid_t spawn(const std::vector<std::string>& command, int in, const fs::path& log, const fs::path& folder) {
  std::vector<std::string> words = unprivileged();
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in >= 0) {
    posix_spawn_file_actions_adddup2(&actions, in, 0);
  } else {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  // of the environment only what a program needs: PG* and sanitizers' options are the test's own
  std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
  std::string locale = "LC_ALL=C";
  const std::array<char*, 3> environment{path.data(), locale.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(fmt::format("{}: {}", words[0], std::generic_category().message(error)));
  return pid;
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) fail("no free port");
  return ntohs(address.sin_port);
}

void give_to_server(const fs::path& path) {
  if (geteuid() != 0) return;
  const passwd* const postgres = getpwnam("postgres");  // NOLINT(concurrency-mt-unsafe): one thread
  if (postgres == nullptr) fail("there is no user 'postgres' to run it as");
  if (::chown(path.c_str(), postgres->pw_uid, postgres->pw_gid) != 0) fail("can't chown " + path.string());
}

}  // namespace

Postgres::Postgres(const PostgresOptions& options) {
  std::string pattern = (fs::temp_directory_path() / "penstock-postgres-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) fail("can't make " + pattern);
  folder_ = pattern;
  try {
    fs::permissions(folder_, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    give_to_server(folder_);
    start_keeper();
    make(options);
    // between finding a port free and taking it somebody else may have taken it
    int port = options.first_port;
    for (int attempt = 0; !start(options, port == 0 ? free_port() : port); ++attempt, port = 0) {
      if (attempt == 5) fail("does not start: " + log_end());
    }
  } catch (...) {
    stop();
    throw;
  }
}

Postgres::~Postgres() { stop(); }

void Postgres::start_keeper() {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) fail("no pipe");
  lifeline_ = pipe[1];
  keeper_ = spawn({"/bin/sh", "-c", kKeeper, "keeper", folder_.string()}, pipe[0], folder_ / "log", folder_);
  ::close(pipe[0]);
}

void Postgres::make(const PostgresOptions& options) {
  const pid_t maker =
      spawn({"/bin/sh", "-c", kMake, "make", binaries().string(), kUser, kPassword, options.tls ? "tls" : ""}, -1,
            folder_ / "log", folder_);
  int status = 0;
  ::waitpid(maker, &status, 0);
  if (status != 0) fail("can't be made: " + log_end());
}

// False: it ended again.
bool Postgres::start(const PostgresOptions& options, int port) {
  port_ = port;
  std::vector<std::string> command = {(binaries() / "postgres").string(), "-D", (folder_ / "data").string()};
  std::vector<std::string> settings = {fmt::format("port={}", port_),
                                       "listen_addresses=127.0.0.1",
                                       "unix_socket_directories=" + folder_.string(),
                                       "fsync=off",
                                       "full_page_writes=off",
                                       "max_wal_senders=0",
                                       "wal_level=minimal",
                                       "shared_buffers=16MB",
                                       "autovacuum=off",
                                       "logging_collector=off",
                                       options.tls ? "ssl=on" : "ssl=off"};
  settings.insert(settings.end(), options.settings.begin(), options.settings.end());
  for (const std::string& setting : settings) command.insert(command.end(), {"-c", setting});
  server_ = spawn(command, -1, folder_ / "log", folder_);
  const std::string word = std::to_string(server_) + "\n";
  if (::write(lifeline_, word.data(), word.size()) != static_cast<ssize_t>(word.size())) fail("its keeper has gone");

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const std::string target = fmt::format("host='{}' port={} dbname=postgres user={}", folder_.string(), port_, kUser);
  while (PQping(target.c_str()) != PQPING_OK) {
    if (::waitpid(server_, nullptr, WNOHANG) == server_) {
      server_ = -1;
      return false;
    }
    if (std::chrono::steady_clock::now() > deadline) fail("does not answer: " + log_end());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

void Postgres::stop() noexcept {
  if (server_ > 0) {
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
  }
  if (keeper_ > 0) {
    [[maybe_unused]] const auto written = ::write(lifeline_, "stop\n", 5);
    ::waitpid(keeper_, nullptr, 0);
    keeper_ = -1;
  }
  if (lifeline_ >= 0) ::close(lifeline_);
  lifeline_ = -1;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

ConnectionConfig Postgres::config() const {
  return {.host = "127.0.0.1",
          .port = port_,
          .database = "postgres",
          .user = kUser,
          .password = Secret(kPassword),
          .sslmode = {},
          .sslrootcert = {}};
}

ServerUri Postgres::uri() const {
  const ConnectionConfig config = this->config();
  return {.scheme = "postgresql",
          .user = config.user,
          .password = config.password,
          .host = config.host,
          .port = config.port,
          .database = config.database,
          .options = {}};
}

ConnectionConfig Postgres::socket_config() const {
  ConnectionConfig config = this->config();
  config.host = folder_.string();
  config.password = Secret();
  return config;
}

fs::path Postgres::root_certificate() const { return folder_ / "root.crt"; }

std::string Postgres::run(const std::string& sql) const {
  const std::string target = fmt::format("host='{}' port={} dbname=postgres user={}", folder_.string(), port_, kUser);
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(target.c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    fail(fmt::format("{}: {}", sql, PQerrorMessage(connection.get())));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string Postgres::log_end() const {
  std::ifstream file(folder_ / "log");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

}  // namespace penstock::servers
