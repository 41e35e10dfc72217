// The connection string that libpq gets: all that it would else take from its environment variables, password file,
// service file's options and the home directory is said here, so that a ConnectionConfig is all there is.
//
// It holds the password; nothing shows it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "penstock/connection.h"
#include "penstock/secret.h"

namespace penstock::redshift {

Secret conninfo(const ConnectionConfig& config, std::string_view application_name,
                std::chrono::milliseconds connect_timeout);
// "localhost", 127.0.0.0/8, ::1, or the folder of a Unix socket.
bool is_loopback(std::string_view host) noexcept;

}  // namespace penstock::redshift
