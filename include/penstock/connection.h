// How to reach a Redshift cluster (or anything that speaks as one), and who says so.
#pragma once

#include <string>

#include "penstock/environment.h"
#include "penstock/secret.h"

namespace penstock {

struct ConnectionConfig {
  std::string host;
  int port = 5439;
  std::string database;
  std::string user;
  Secret password;
  std::string sslmode;      // libpq's words; empty: verify-full, and prefer on loopback
  std::string sslrootcert;  // path of a certificate bundle; empty: ~/.postgresql/root.crt, else the system's
};

// REDSHIFT_HOST, REDSHIFT_PORT (5439), REDSHIFT_DB, REDSHIFT_USER, REDSHIFT_PASSWORD, PGSSLMODE, PGSSLROOTCERT.
// Errors: invalid, naming every variable that is missing or malformed.
ConnectionConfig connection_config(const Environment& environment);
// From redshift://user:pass@host:port/database?sslmode=…; what the URI leaves out comes from the environment.
ConnectionConfig connection_config(const std::string& uri, const Environment& environment);

}  // namespace penstock
