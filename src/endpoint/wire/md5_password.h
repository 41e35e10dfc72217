// The password exchange that every Redshift driver knows: AuthenticationMD5Password.
//
// Threads: any. Errors: none but those of the system's source of random bytes (Error internal).
#pragma once

#include <string>
#include <string_view>

#include "penstock/secret.h"

namespace penstock::endpoint {

std::string random_bytes(std::size_t count);

// What a client answers to `salt`: "md5" + md5(md5(password + user) + salt), in hexadecimal digits.
std::string md5_response(const Secret& password, std::string_view user, std::string_view salt);
// The same from what is kept of the password: "md5" + md5(password + user).
std::string md5_response(std::string_view verifier, std::string_view salt);
// Takes the same time wherever the two differ.
bool same_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace penstock::endpoint
