#include "endpoint/wire/md5_password.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "endpoint/sql/user_password.h"
#include "penstock/error.h"

namespace penstock::endpoint {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw Error(ErrorKind::internal, "OpenSSL gives no random bytes");
  }
  return bytes;
}

std::string md5_response(const Secret& password, std::string_view user, std::string_view salt) {
  return md5_response(md5_verifier(password.reveal(), user), salt);
}

std::string md5_response(std::string_view verifier, std::string_view salt) {
  return "md5" + md5_hex(verifier.substr(3), salt);
}

bool same_secret(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace penstock::endpoint
