#include "redshift/testing/endpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace penstock::servers {
namespace {

namespace fs = std::filesystem;

constexpr char kDatabase[] = "dev";
constexpr char kUser[] = "awsuser";
constexpr char kPassword[] = "Pass1word";
constexpr char kKey[] = "AKIDEXAMPLE";

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Endpoint::Endpoint(const PostgresOptions& options) : postgres_(options) {
  std::string pattern = (fs::temp_directory_path() / "penstock-endpoint-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("can't make " + pattern);
  folder_ = pattern;
  try {
    fs::create_directory(s3());
    start();
  } catch (...) {
    stop();
    throw;
  }
}

Endpoint::~Endpoint() { stop(); }

void Endpoint::start() {
  const std::string program = (fs::read_symlink("/proc/self/exe").parent_path() / "penstock-endpoint").string();
  const auto backend = postgres_.socket_config();
  const std::string config = (folder_ / "endpoint.json").string();
  const fs::path port_file = folder_ / "port";
  std::ofstream(config) << fmt::format(
      R"({{"port": 0, "port_file": "{}", "database": "{}", "user": "{}", "password": "{}",
           "backend": {{"socket_dir": "{}", "port": {}, "superuser": "{}"}}, "s3": {{"folder": "{}"}},
           "credentials": {{"access_key_id": "{}", "secret_access_key": "{}"}}}})",
      port_file.string(), kDatabase, kUser, kPassword, backend.host, backend.port, backend.user, s3().string(), kKey,
      kKey);
  fs::permissions(config, fs::perms::owner_read | fs::perms::owner_write);
  const std::string log = (folder_ / "log").string();

  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
    ::_exit(127);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (!fs::exists(port_file)) {
    const bool has_ended = ::waitpid(process_, nullptr, WNOHANG) == process_;
    if (has_ended) process_ = -1;
    if (has_ended || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(fmt::format("{} does not start: {}", program, text_of(log)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  port_ = std::stoi(text_of(port_file));
}

void Endpoint::stop() noexcept {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

ConnectionConfig Endpoint::config() const {
  ConnectionConfig config;
  config.host = "127.0.0.1";
  config.port = port_;
  config.database = kDatabase;
  config.user = kUser;
  config.password = Secret(kPassword);
  config.sslmode = "disable";
  return config;
}

std::string Endpoint::copy_access() { return fmt::format("ACCESS_KEY_ID '{}' SECRET_ACCESS_KEY '{}'", kKey, kKey); }

ConnectionConfig Endpoint::behind() const {
  auto config = postgres_.socket_config();
  config.database = kDatabase;
  return config;
}

}  // namespace penstock::servers
