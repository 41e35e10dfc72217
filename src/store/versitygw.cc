#include "store/versitygw.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace penstock {
namespace {

constexpr char kAccessKey[] = "AKIAPENSTOCKTESTS000";
constexpr char kSecretKey[] = "notasecretnotasecretnotasecretnotasecret";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int new_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  return fd;
}

std::uint16_t free_port() {
  const int fd = new_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  if (!bound) throw std::runtime_error("no port of loopback is free");
  return ntohs(address.sin_port);
}

bool accepts(std::uint16_t port) {
  const int fd = new_socket();
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

pid_t start(const std::string& program, const std::string& listen, const std::string& folder) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setenv("ROOT_ACCESS_KEY", kAccessKey, 1);
  ::setenv("ROOT_SECRET_KEY", kSecretKey, 1);
  if (const int nowhere = ::open("/dev/null", O_WRONLY); nowhere >= 0) ::dup2(nowhere, STDOUT_FILENO);
  ::execl(program.c_str(), program.c_str(), "--port", listen.c_str(), "--quiet", "--keep-alive", "posix",
          folder.c_str(), nullptr);
  ::_exit(127);
}

}  // namespace

Versitygw::Versitygw() {
  const char* program = ::getenv("VERSITYGW");
  if (program == nullptr) throw std::runtime_error("VERSITYGW does not name the versitygw binary: run through ctest");
  for (int attempt = 0; attempt < 5; ++attempt) {  // another process may take the port first
    const std::uint16_t port = free_port();
    const std::string listen = "127.0.0.1:" + std::to_string(port);
    process_ = start(program, listen, folder_.path().string());
    int status = 0;
    while (::waitpid(process_, &status, WNOHANG) == 0) {
      if (accepts(port)) {
        url_ = "http://" + listen;
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    process_ = -1;
  }
  throw std::runtime_error("versitygw does not start");
}

Versitygw::~Versitygw() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

S3Config Versitygw::config() const {
  S3Config config;
  config.endpoint_url = url_;
  config.credentials =
      AwsCredentials{.access_key_id = kAccessKey, .secret_access_key = Secret(kSecretKey), .session_token = {}};
  config.part_size = 5 << 20;
  return config;
}

}  // namespace penstock
