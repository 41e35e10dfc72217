// Makes a private PostgreSQL into what the endpoint stands before: the database, its one role, the settings that make
// PostgreSQL read as Redshift reads, and Redshift's system tables and functions.
//
// Can be repeated at every start: what is there already stays, user data above all. Two at once wait for each other.
// Errors: Error: unavailable, internal with PostgreSQL's words; invalid for a user that is a superuser there.
#pragma once

#include <string>

#include "penstock/log.h"
#include "penstock/secret.h"

namespace penstock::endpoint {

struct BootstrapConfig {
  std::string conninfo;  // libpq's, of a superuser, by a socket that the server itself can connect to; any database
  std::string database;
  std::string user;  // owns the database, and is nothing else there: no superuser, no creator of roles
  Secret password;
};

void bootstrap(const BootstrapConfig& config, Log& log);

// The conninfo that a Recorder takes: the superuser on the database.
std::string recorder_conninfo(const BootstrapConfig& config);

}  // namespace penstock::endpoint
