#include "endpoint/wire/md5_password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

std::string md5_hex(std::string_view first, std::string_view second) {
  const std::string bytes = std::string(first).append(second);
  std::array<unsigned char, 16> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) {
    throw Error(ErrorKind::internal, "OpenSSL has no MD5 here, and Redshift's drivers know no better exchange");
  }
  std::string hex;
  for (const auto byte : digest) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw Error(ErrorKind::internal, "OpenSSL gives no random bytes");
  }
  return bytes;
}

std::string md5_response(const Secret& password, std::string_view user, std::string_view salt) {
  return "md5" + md5_hex(md5_hex(password.reveal(), user), salt);
}

bool same_secret(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace penstock::endpoint
