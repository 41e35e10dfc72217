// The private PostgreSQL behind a local Redshift: where its programs are, its folder, its configuration.
//
// It listens on a Unix socket only, in a folder that only its user can enter; whoever gets there is trusted.
//
// Errors: Error: not_found where PostgreSQL 15 or the user that it needs is not installed; refused where initdb fails.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "local/process.h"
#include "penstock/environment.h"
#include "penstock/log.h"

namespace penstock::local {

inline constexpr int kPostgresPort = 5432;          // a file's name, as it listens on no network
inline constexpr char kSuperuser[] = "rdsdb";       // the owner of everything, as in Redshift
inline constexpr std::size_t kLongestSocket = 107;  // bytes of a Unix socket's path

// The folder of PostgreSQL's programs: PENSTOCK_PG_BIN, else Debian's.
std::filesystem::path find_postgres_programs(const Environment& environment);
// The user to run it as when we are root: "postgres". nullopt: we are not, and run it ourselves.
std::optional<User> postgres_user();

class Postgres {
 public:
  // `folder` is the local Redshift's; PostgreSQL's own is folder/postgres, or behind a symlink of that name where its
  // user can't reach the folder (/root, say).
  Postgres(std::filesystem::path programs, std::optional<User> user, std::filesystem::path folder, Log& log);

  // Makes PostgreSQL's folder if there is none yet, whole or not at all, and writes its configuration.
  void prepare(const std::filesystem::path& socket_folder);
  // A new folder for the socket, with a path short enough.
  [[nodiscard]] std::filesystem::path make_socket_folder() const;
  [[nodiscard]] Command serve() const;
  [[nodiscard]] static bool accepts(const std::filesystem::path& socket_folder);

 private:
  [[nodiscard]] bool can_reach(const std::filesystem::path& folder) const;
  void give(const std::filesystem::path& path) const;
  void initialise(const std::filesystem::path& place);

  std::filesystem::path programs_;
  std::optional<User> user_;
  std::filesystem::path folder_;
  Log& log_;
};

// The last lines of a log, for a message about why a program ended.
std::string tail_of(const std::filesystem::path& log);

}  // namespace penstock::local
