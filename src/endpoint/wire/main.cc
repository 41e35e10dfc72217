// penstock-endpoint: the front of the local Redshift, before a private PostgreSQL.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "endpoint/catalog/bootstrap.h"
#include "endpoint/catalog/recorder.h"
#include "endpoint/catalog/users.h"
#include "endpoint/wire/config.h"
#include "endpoint/wire/recorded_history.h"
#include "endpoint/wire/s3_access.h"
#include "endpoint/wire/server.h"
#include "endpoint/wire/stderr_log.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

constexpr auto* kHelp = R"(penstock-endpoint: a server that speaks PostgreSQL's protocol and behaves as Amazon Redshift
does, in front of a private PostgreSQL. `penstock local up` starts it; by hand it is

    penstock-endpoint --config /path/to/endpoint.json

  --config FILE   its configuration, which only its owner may read (chmod 600)
  --version       its version
  --help          this text

It runs until SIGTERM or SIGINT, which cancel what runs. Exit code: 0; 1 when it failed; 2 for a wrong configuration.
)";

// Written whole or not at all: who waits for it reads a port and no half of one.
void write_port(const std::string& path, std::uint16_t port) {
  const auto half = path + ".new";
  std::ofstream file(half);
  file << port << '\n';
  file.close();
  std::error_code failed;
  if (file) std::filesystem::rename(half, path, failed);
  if (!file || failed) throw Error(ErrorKind::invalid, fmt::format("port_file {}: can't be written", path));
}

BootstrapConfig bootstrap_config(const EndpointConfig& config) {
  const auto quoted = [](const std::string& value) {
    std::string text;
    for (const char c : value) {
      if (c == '\'' || c == '\\') text.push_back('\\');
      text.push_back(c);
    }
    return "'" + text + "'";
  };
  return {fmt::format("host={} port={} user={} dbname=postgres", quoted(config.backend.socket_dir), config.backend.port,
                      quoted(config.backend.superuser)),
          config.account.database, config.account.user, config.account.password};
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Blocked before the first thread, so that sigwait() below is the one to hear them.
void serve_until_signal(Server& server, Log& log) {
  const auto signals = stop_signals();
  std::exception_ptr failure;
  std::jthread serving([&] {
    try {
      server.serve();
    } catch (...) {
      failure = std::current_exception();
      ::kill(::getpid(), SIGTERM);
    }
  });
  int received = 0;
  sigwait(&signals, &received);
  log.info("stopping");
  server.stop();
  serving.join();
  if (failure) std::rethrow_exception(failure);
}

void run(const std::string& config_path, Log& log) {
  const auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto config = read_config(config_path);
  const auto catalog = bootstrap_config(config);
  bootstrap(catalog, log);
  Recorder recorder(recorder_conninfo(catalog), log);
  RecordedHistory history(recorder);
  Users users(recorder_conninfo(catalog));
  const Services services{.split_statements = split_statements,
                          .recognise = recognise,
                          .run_copy = run_copy,
                          .run_unload = run_unload,
                          .connect = s3_access(config, log),
                          .find_user = [&](const std::string& name) { return users.find(name); },
                          .history = &history};
  Server server(config, services, log);
  if (!config.port_file.empty()) write_port(config.port_file, server.port());
  log.info(fmt::format("listening on {} port {}", config.listen, server.port()));
  serve_until_signal(server, log);
}

int wrong_usage(const std::string& why) {
  std::cerr << "penstock-endpoint: " << why << "\nTry 'penstock-endpoint --help'.\n";
  return exit_code(ErrorKind::invalid);
}

int endpoint(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--help") {
    std::cout << kHelp;
    return 0;
  }
  if (arguments.size() == 1 && arguments[0] == "--version") {
    std::cout << "penstock-endpoint " << PENSTOCK_VERSION << '\n';
    return 0;
  }
  std::optional<std::string> config;
  if (arguments.size() == 1 && arguments[0].starts_with("--config=")) config = arguments[0].substr(9);
  if (arguments.size() == 2 && arguments[0] == "--config") config = arguments[1];
  if (!config) return wrong_usage(arguments.empty() ? "--config is missing" : "it takes --config FILE alone");
  StderrLog log;
  try {
    run(*config, log);
    return 0;
  } catch (const Error& error) {
    log.error(error.what());
    return exit_code(error.kind());
  }
}

}  // namespace
}  // namespace penstock::endpoint

int main(int argc, char** argv) {
  try {
    return penstock::endpoint::endpoint({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "penstock-endpoint: a fault of its own: " << error.what() << '\n';
  } catch (...) {
    std::cerr << "penstock-endpoint: a fault of its own\n";
  }
  return 1;
}
