#include "endpoint/sql/authorization.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

SqlError malformed_credentials() {
  return {"XX000",
          "Invalid credentials. Must be of the format: credentials 'aws_access_key_id=<access-key-id>;"
          "aws_secret_access_key=<secret-access-key>[;token=<temporary-session-token>]' or credentials "
          "'aws_iam_role=<role-arn>'"};
}

std::string argument(TokenReader& reader) {
  reader.accept("AS");
  return reader.string();
}

}  // namespace

void AuthorizationClauses::read_iam_role(TokenReader& reader) {
  role_clause_ = true;
  role_ = reader.accept("DEFAULT") ? "default" : reader.string();
  if (role_->empty() || role_->find_first_of(" \t\r\n") != std::string::npos) {
    throw SqlError("42601", fmt::format("IAM_ROLE '{}': expected an ARN, or several with commas and no blanks between",
                                        printable(*role_)));
  }
}

void AuthorizationClauses::read_access_key_id(TokenReader& reader) {
  key_clauses_ = true;
  access_key_ = argument(reader);
}

void AuthorizationClauses::read_secret_access_key(TokenReader& reader) {
  key_clauses_ = true;
  secret_key_ = Secret(argument(reader));
}

void AuthorizationClauses::read_session_token(TokenReader& reader) {
  key_clauses_ = true;
  token_ = Secret(argument(reader));
}

void AuthorizationClauses::read_credentials(TokenReader& reader) {
  credentials_ = true;
  const std::string arguments = argument(reader);
  std::optional<std::string> role;
  std::string_view rest = arguments;
  while (true) {
    const auto end = rest.find(';');
    const std::string_view one = rest.substr(0, end);
    const auto equals = one.find('=');
    if (equals == std::string_view::npos || equals + 1 == one.size()) throw malformed_credentials();
    const std::string_view name = one.substr(0, equals);
    const std::string value(one.substr(equals + 1));
    if (value.find_first_of(" \t\r\n") != std::string::npos) throw malformed_credentials();
    if (name == "aws_iam_role" && !role) {
      role = value;
    } else if (name == "aws_access_key_id" && !access_key_) {
      access_key_ = value;
    } else if (name == "aws_secret_access_key" && !secret_key_) {
      secret_key_ = Secret(value);
    } else if (name == "token" && !token_) {
      token_ = Secret(value);
    } else if (name == "master_symmetric_key") {
      throw not_supported(fmt::format("{} with a master_symmetric_key", command_));
    } else {
      throw malformed_credentials();
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  const bool keys = access_key_ && secret_key_;
  if (role ? (access_key_ || secret_key_ || token_) : !keys) throw malformed_credentials();
  if (role) role_ = std::move(role);
}

void AuthorizationClauses::settle(Authorization& out) const {
  const auto wrong = [](const std::string& message) { return SqlError("42601", message); };
  const int forms = int{role_clause_} + int{credentials_} + int{key_clauses_};
  if (forms == 0) {
    throw wrong(
        fmt::format("{} needs IAM_ROLE, CREDENTIALS, or ACCESS_KEY_ID with SECRET_ACCESS_KEY to reach S3", command_));
  }
  if (forms > 1) throw wrong("IAM_ROLE, CREDENTIALS and ACCESS_KEY_ID exclude each other: give one of them");
  if (key_clauses_ && !(access_key_ && secret_key_)) throw wrong("ACCESS_KEY_ID and SECRET_ACCESS_KEY go together");
  out.iam_role = role_;
  out.access_key_id = access_key_.value_or("");
  out.secret_access_key = secret_key_.value_or(Secret());
  out.session_token = token_.value_or(Secret());
}

}  // namespace penstock::endpoint
