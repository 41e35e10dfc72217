// Users' passwords: what Redshift takes for one, and what is kept of it.
//
// Kept is what the exchange by MD5 needs and no more: "md5" and the digits of md5(password + user), which Redshift
// takes in place of a password, too. Errors: SqlError 22023 for a password against the rules, without the password;
// Error internal: OpenSSL has no MD5.
#pragma once

#include <string>
#include <string_view>

namespace penstock::endpoint {

// For the literal of a PASSWORD clause: a password that meets Redshift's rules, or what is kept of one.
std::string verifier_for(std::string_view given, std::string_view user);

std::string md5_verifier(std::string_view password, std::string_view user);  // whatever the password
std::string md5_hex(std::string_view first, std::string_view second);        // of both, one behind the other

}  // namespace penstock::endpoint
