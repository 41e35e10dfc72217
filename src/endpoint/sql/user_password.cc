#include "endpoint/sql/user_password.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "endpoint/sql/sql_error.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

constexpr std::string_view kMark = "md5";
constexpr std::size_t kDigits = 32;
constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 64;

bool is_verifier(std::string_view given) {
  return given.size() == kMark.size() + kDigits && given.starts_with(kMark) &&
         given.find_first_not_of("0123456789abcdef", kMark.size()) == std::string_view::npos;
}

SqlError refused(const std::string& why) { return {"22023", fmt::format("password must {}", why)}; }

void check(std::string_view password) {
  const auto has = [&](char first, char last) {
    return std::ranges::any_of(password, [&](char c) { return c >= first && c <= last; });
  };
  if (password.size() < kShortest || password.size() > kLongest) {
    throw refused(fmt::format("have {} to {} characters", kShortest, kLongest));
  }
  if (!has('A', 'Z')) throw refused("contain at least one uppercase letter");
  if (!has('a', 'z')) throw refused("contain at least one lowercase letter");
  if (!has('0', '9')) throw refused("contain at least one number");
  const auto forbidden = [](char c) {
    return c < '!' || c > '~' || std::string_view("'\"\\/@").find(c) != std::string_view::npos;
  };
  if (std::ranges::any_of(password, forbidden)) {
    throw refused(R"(contain printable ASCII characters only, and none of ' " \ / @)");
  }
}

}  // namespace

std::string verifier_for(std::string_view given, std::string_view user) {
  if (is_verifier(given)) return std::string(given);
  if (given.starts_with("sha256|")) throw not_supported("a password as a SHA-256 hash");
  check(given);
  return md5_verifier(given, user);
}

std::string md5_verifier(std::string_view password, std::string_view user) {
  return std::string(kMark) + md5_hex(password, user);
}

std::string md5_hex(std::string_view first, std::string_view second) {
  const std::string bytes = std::string(first).append(second);
  std::array<unsigned char, kDigits / 2> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) {
    throw Error(ErrorKind::internal, "OpenSSL has no MD5 here, and Redshift's drivers know no better exchange");
  }
  std::string hex;
  for (const auto byte : digest) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

}  // namespace penstock::endpoint
