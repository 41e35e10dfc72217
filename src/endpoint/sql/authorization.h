// The clauses of COPY and UNLOAD that say as whom S3 is asked: a role, or keys, given in exactly one of three forms.
//
// Errors: SqlError: 42601 for clauses that don't go together, Redshift's text for malformed CREDENTIALS. No message
// holds a secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "endpoint/sql/token_reader.h"
#include "penstock/secret.h"

namespace penstock::endpoint {

struct Authorization {
  // Exactly one form: a role, or keys.
  std::optional<std::string> iam_role;
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
  std::optional<std::string> region;  // of the bucket
};

// Reads them one by one, behind their names.
class AuthorizationClauses {
 public:
  // command: "COPY"; how errors call the statement
  explicit AuthorizationClauses(std::string_view command) : command_(command) {}

  void read_iam_role(TokenReader& reader);
  void read_credentials(TokenReader& reader);
  void read_access_key_id(TokenReader& reader);
  void read_secret_access_key(TokenReader& reader);
  void read_session_token(TokenReader& reader);

  // At the statement's end: fills in everything but the region.
  void settle(Authorization& out) const;

 private:
  std::string_view command_;
  bool credentials_ = false;
  bool role_clause_ = false;
  bool key_clauses_ = false;
  std::optional<std::string> role_;
  std::optional<std::string> access_key_;
  std::optional<Secret> secret_key_;
  std::optional<Secret> token_;
};

}  // namespace penstock::endpoint
