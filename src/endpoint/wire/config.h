// What the endpoint is told by its one configuration file.
//
// The file holds passwords, so it must be readable by its owner alone.
//
//     {"listen": "127.0.0.1", "port": 0, "port_file": "/run/endpoint.port",
//      "database": "dev", "user": "awsuser", "password": "…",
//      "backend": {"socket_dir": "/run/postgresql", "port": 5432, "superuser": "postgres"},
//      "s3": {"folder": "/srv/s3"}, "credentials": {"access_key_id": "…", "secret_access_key": "…"},
//      "region": "us-east-1"}
//
// s3 is a folder or {"endpoint_url": "http://…"}. Optional: port (0: a free one), port_file, region, max_connections
// (200), listen_anywhere (false: loopback addresses only), and "tls": {"certificate": "…", "key": "…"}, two files in
// PEM: with them clients may encrypt, and need not.
//
// Errors: Error invalid, with all problems at once, a line each.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "endpoint/wire/greeting.h"
#include "penstock/store.h"

namespace penstock::endpoint {

struct EndpointConfig {
  std::string listen = "127.0.0.1";
  std::uint16_t port = 0;
  std::string port_file;  // empty: none is written
  Account account;
  struct {
    std::string socket_dir;
    std::uint16_t port = 5432;
    std::string superuser;
  } backend;
  struct {
    std::string certificate;  // empty: no TLS
    std::string key;
  } tls;
  std::string s3_folder;        // either this
  std::string s3_endpoint_url;  // or this
  AwsCredentials credentials;
  std::string region = "us-east-1";
  unsigned max_connections = 200;
  std::chrono::milliseconds login_patience{60'000};  // as PostgreSQL's authentication_timeout; not in the file

  [[nodiscard]] std::string backend_socket() const;  // PostgreSQL's socket file
};

EndpointConfig parse_config(std::string_view json);
EndpointConfig read_config(const std::string& path);

}  // namespace penstock::endpoint
