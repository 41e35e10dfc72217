// What a local Redshift's data folder remembers: its secrets, made once, and the processes that serve it now.
//
// The file is state.json, readable by its owner only, replaced whole at every change: a crash leaves the old or the
// new.
//
// Threads:  one; FolderLock keeps other processes away while it is held.
// Errors:   Error: invalid where the file is not what was written; unavailable where it can't be read or written.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "local/process.h"
#include "penstock/secret.h"

namespace penstock::local {

enum class S3Kind { folder, versitygw, url };

struct S3Place {
  S3Kind kind = S3Kind::folder;
  std::string url;  // of versitygw while it runs; of another server always
};

struct State {
  Secret password;            // of the database's user
  std::string access_key_id;  // what S3 and COPY are to be given
  Secret secret_access_key;
  S3Place s3;
  int port = 0;                                // the endpoint's, kept for the next start; 0: none yet
  std::string socket_folder;                   // PostgreSQL's, while it runs
  std::string boot_id;                         // of the machine's run in which the processes were started
  std::map<std::string, ProcessId> processes;  // "postgres", "versitygw", "endpoint"
};

// With new random secrets, in the shapes that Redshift and AWS give theirs.
State new_state();

std::optional<State> read_state(const std::filesystem::path& folder);
void write_state(const std::filesystem::path& folder, const State& state);

// The processes of `state` that still run.
std::map<std::string, ProcessId> running(const State& state);
std::string current_boot_id();

// Writes a file that only its owner can read, whole or not at all.
void write_private_file(const std::filesystem::path& path, const std::string& text);

// Held by whoever starts or stops; waits for whoever does so already.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace penstock::local
