// The local Redshift for a test: penstock-endpoint, as a program of its own from beside the test's, before a private
// PostgreSQL. Its S3 is a folder. Gone with the object, and with the test should that be killed.
//
// Threads: one. Errors: std::runtime_error, with the program's own words.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "penstock/connection.h"
#include "redshift/testing/postgres.h"

namespace penstock::servers {

class Endpoint {
 public:
  explicit Endpoint(const PostgresOptions& options = {});
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  [[nodiscard]] ConnectionConfig config() const;  // of its superuser
  [[nodiscard]] std::filesystem::path s3() const { return folder_ / "s3"; }
  // What a COPY ends in that may read all of S3.
  [[nodiscard]] static std::string copy_access();
  // Rights on what PostgreSQL has behind the endpoint: for what no client of Redshift's can bring about.
  [[nodiscard]] ConnectionConfig behind() const;

 private:
  void start();
  void stop() noexcept;

  Postgres postgres_;
  std::filesystem::path folder_;
  pid_t process_ = -1;
  int port_ = 0;
};

}  // namespace penstock::servers
