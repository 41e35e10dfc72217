// Who may come in, besides the first user: the users that SQL made, as the catalog has them now.
//
// Threads: any; they take turns. Errors: Error unavailable, when the private PostgreSQL can't be asked.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace penstock::endpoint {

struct KnownUser {
  std::string number;    // as the system tables name it
  std::string verifier;  // what is kept of the password ("md5…"); empty: no password is right
  bool expired = false;  // VALID UNTIL is over
};

class Users {
 public:
  explicit Users(const std::string& conninfo);  // recorder_conninfo()
  ~Users();
  std::optional<KnownUser> find(const std::string& name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::endpoint
