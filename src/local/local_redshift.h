// The local Redshift of one data folder: PostgreSQL, the endpoint before it, and the S3 that COPY reads from.
//
//     state.json       secrets, made once, and the processes of now        log/        what each of them says
//     postgres/        PostgreSQL's own                                     s3/         S3 as a folder, a bucket each
//     endpoint.json    the endpoint's configuration                        versitygw/  the S3 server's folder
//     server.crt       its certificate, made once; server.key, its key     root.crt    what clients are to trust
//
// The processes live on when the program that started them ends, and are found again by the state file; one that
// ended, or whose pid is another's now, is never signalled. Starting and stopping exclude each other across programs.
//
// Threads:  one.
// Lifetime: the log outlives it.
// Errors:   Error. A start that fails or is cancelled stops what it started.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "local/postgres.h"
#include "local/shell.h"
#include "local/state.h"
#include "penstock/environment.h"
#include "penstock/log.h"

namespace penstock::local {

struct UpOptions {
  std::optional<int> port;  // of the endpoint; none: the last one if it is free, else any free one
  std::string s3;  // "folder", "versitygw", or the http(s) URL of another server; empty: as last time, or a folder
};

struct ProcessStatus {
  std::string name;
  bool running = false;
  int pid = 0;
};

struct LocalStatus {
  bool running = false;  // all that is needed
  std::filesystem::path folder{};
  std::string host{};
  int port = 0;
  std::string database{};
  std::string user{};
  std::string s3{};  // the folder, or the server's URL
  std::vector<ProcessStatus> processes{};
};

class LocalRedshift {
 public:
  LocalRedshift(const std::filesystem::path& folder, Environment environment, Log& log);

  enum class Started { now, already };
  // Returns once everything accepts connections. Already running with other options than these: refused.
  Started up(const UpOptions& options, const std::stop_token& stop);
  // False: nothing was running. What a crash or a kill left is stopped, too.
  bool down();
  [[nodiscard]] LocalStatus status() const;
  // Returns when stop is requested, having stopped everything; or when somebody else stopped it in order. Throws
  // unavailable when one of the processes ended by itself, after stopping the others.
  void watch(const std::stop_token& stop);
  // What a client needs; not_found when it is not running.
  [[nodiscard]] std::vector<Setting> settings() const;

 private:
  void start_postgres(State& state, const std::stop_token& stop);
  void start_versitygw(State& state, const std::stop_token& stop);
  void start_endpoint(State& state, const UpOptions& options, const std::stop_token& stop);
  void start(State& state, const std::string& name, const Command& command);
  void stop_all(State& state);
  [[nodiscard]] std::filesystem::path log_of(const std::string& name) const;
  template <typename Ready>
  void wait_until_ready(const State& state, const std::string& name, const std::stop_token& stop, Ready ready);

  std::filesystem::path folder_;
  Environment environment_;
  Log& log_;
};

// --data's default: $XDG_DATA_HOME/penstock/local, else ~/.local/share/penstock/local. invalid when there is no HOME.
std::filesystem::path default_folder(const Environment& environment);

}  // namespace penstock::local
