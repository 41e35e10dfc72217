#include "load/fingerprint.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "penstock/error.h"

namespace penstock {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw Error(ErrorKind::internal, "OpenSSL gave no SHA-256");
  }
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string file_id_of(std::string_view bucket, const ObjectInfo& object) {
  std::string text(bucket);
  text.append(1, '\0').append(object.key).append(1, '\0').append(object.etag).append(1, '\0');
  return sha256_hex(text.append(std::to_string(object.size)));
}

std::string key_id_of(std::string_view bucket, std::string_view key) {
  return sha256_hex(std::string(bucket).append(1, '\0').append(key));
}

}  // namespace penstock
