// A private PostgreSQL for one test program: its own folder, socket and free port, gone with the object, and gone with
// the process should that be killed.
//
// Threads: one. Errors: std::runtime_error, with the end of the server's log. A missing PostgreSQL is an error: a test
// that needs it must fail without it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "penstock/connection.h"
#include "penstock/uri.h"

namespace penstock::servers {

struct PostgresOptions {
  // name=value of postgresql.conf, beyond fsync=off and the like
  std::vector<std::string> settings{};
  // TLS with a certificate for localhost, by an authority of its own: Postgres::root_certificate()
  bool tls = false;
  int first_port = 0;  // tried before any other; 0: a free one
};

class Postgres {
 public:
  explicit Postgres(const PostgresOptions& options = {});
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // By TCP on 127.0.0.1, as the superuser, with a password, to the database "postgres".
  [[nodiscard]] ConnectionConfig config() const;
  [[nodiscard]] ServerUri uri() const;  // the same as config(), of postgresql://
  // By the Unix socket, which wants no password.
  [[nodiscard]] ConnectionConfig socket_config() const;
  [[nodiscard]] std::filesystem::path root_certificate() const;
  // One statement as the superuser, beside whatever a test does; its first value, or "".
  std::string run(const std::string& sql) const;

 private:
  void start_keeper();
  void make(const PostgresOptions& options);
  bool start(const PostgresOptions& options, int port);
  void stop() noexcept;
  [[nodiscard]] std::string log_end() const;

  std::filesystem::path folder_;
  int port_ = 0;
  pid_t server_ = -1;
  pid_t keeper_ = -1;
  int lifeline_ = -1;  // a pipe that the keeper reads: at its end it stops the server and removes the folder
};

}  // namespace penstock::servers
