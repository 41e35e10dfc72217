// MD5, because S3 names a version of an object by it. Not for secrecy.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct evp_md_ctx_st;

namespace penstock {

class Md5 {
 public:
  Md5();
  void update(std::span<const std::byte> bytes);
  std::vector<std::byte> digest();  // 16 bytes, once

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string to_hex(std::span<const std::byte> bytes);
std::string to_base64(std::span<const std::byte> bytes);

}  // namespace penstock
