#include <isa-l/crc.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/codecs.h"
#include "codec/input.h"
#include "codec/lzo1x.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr std::string_view kMagic("\x89LZO\0\r\n\x1a\n", 9);
constexpr std::size_t kMostOfABlock = 64 << 20;  // lzop's own limit

enum Flag : std::uint32_t {
  adler_of_data = 0x1,
  adler_of_block = 0x2,
  extra_field = 0x40,
  crc_of_data = 0x100,
  crc_of_block = 0x200,
  multipart = 0x400,
  filter = 0x800,
  crc_of_header = 0x1000,
};

std::uint32_t adler(std::string_view bytes) noexcept {
  constexpr std::uint32_t kModulus = 65521;
  constexpr std::size_t kWithoutOverflow = 5552;
  std::uint32_t a = 1, b = 0;
  while (!bytes.empty()) {
    for (const char c : bytes.substr(0, kWithoutOverflow)) b += a += static_cast<unsigned char>(c);
    a %= kModulus;
    b %= kModulus;
    bytes.remove_prefix(std::min(bytes.size(), kWithoutOverflow));
  }
  return b << 16 | a;
}

std::uint32_t crc(std::string_view bytes) noexcept {
  return crc32_gzip_refl(0, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::uint32_t big_endian(std::string_view bytes) noexcept {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// A file of lzop: a header, blocks with the checksums that the header announces, an empty block; and perhaps another.
class LzopReader final : public ObjectReader {
 public:
  LzopReader(std::unique_ptr<ObjectReader> in, std::string name) : in_(std::move(in)), name_(std::move(name)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    while (!buffer.empty() && !failed_) {
      const std::size_t n = std::min(buffer.size(), block_.size() - used_);
      if (n > 0) {
        std::memcpy(buffer.data(), block_.data() + used_, n);
        used_ += n;
        return n;
      }
      if (!inside_file_ && in_.next().empty()) return 0;
      if (!inside_file_) read_header();
      read_block();
    }
    return 0;
  }

 private:
  void read_header() {
    for (const char c : kMagic) {
      if (in_.next().empty()) fail("is cut off: the lzop header has no end");
      if (std::to_integer<char>(in_.next().front()) != c) {
        fail(files_ == 0 ? "is not lzop" : "has bytes behind its lzop stream that are not lzop");
      }
      in_.consume(1);
    }
    header_.clear();
    constexpr std::uint32_t kFirstWithLevel = 0x0940;
    const std::uint32_t version = header_number(2);
    const bool with_level = version >= kFirstWithLevel;
    header_number(2);  // of the library
    if (with_level) header_number(2);
    const std::uint32_t method = header_number(1);
    if (with_level) header_number(1);
    flags_ = header_number(4);
    if ((flags_ & filter) != 0) fail("was made with lzop --filter, which can't be read");
    if ((flags_ & multipart) != 0) fail("is one part of an lzop archive of several");
    header_number(4);  // mode
    header_number(with_level ? 8 : 4);
    header_bytes(header_number(1));  // the file's name
    const std::uint32_t expected = has(crc_of_header) ? crc(header_) : adler(header_);
    if (number(4) != expected) fail("is damaged: the checksum of its lzop header does not match");
    constexpr std::uint32_t kMethods = 3;
    if (method == 0 || method > kMethods) fail("is damaged: its lzop method is none that there is");
    if (has(extra_field)) {
      skip(number(4));
      number(4);
    }
    inside_file_ = true;
  }

  void read_block() {
    const std::uint32_t size = number(4);
    block_.clear();
    used_ = 0;
    if (size == 0) {
      inside_file_ = false;
      ++files_;
      return;
    }
    const std::uint32_t packed_size = number(4);
    if (size > kMostOfABlock || packed_size > size) fail("is damaged: a block of lzop has an impossible size");
    const std::uint32_t data_adler = has(adler_of_data) ? number(4) : 0, data_crc = has(crc_of_data) ? number(4) : 0;
    const bool stored = packed_size == size;
    const std::uint32_t block_adler = has(adler_of_block) && !stored ? number(4) : 0,
                        block_crc = has(crc_of_block) && !stored ? number(4) : 0;
    packed_.clear();
    take(packed_, packed_size);
    if (!stored) check(packed_, has(adler_of_block), block_adler, has(crc_of_block), block_crc);
    if (stored) {
      block_.swap(packed_);
    } else {
      block_.resize(size);
      if (!decompress_lzo1x(std::as_bytes(std::span(packed_)), std::as_writable_bytes(std::span(block_)))) {
        fail("is damaged: invalid LZO data");
      }
    }
    check(block_, has(adler_of_data), data_adler, has(crc_of_data), data_crc);
  }

  [[nodiscard]] bool has(Flag flag) const noexcept { return (flags_ & flag) != 0; }

  void check(std::string_view bytes, bool by_adler, std::uint32_t expected_adler, bool by_crc,
             std::uint32_t expected_crc) {
    if ((by_adler && adler(bytes) != expected_adler) || (by_crc && crc(bytes) != expected_crc)) {
      fail("is damaged: an lzop checksum does not match");
    }
  }

  std::uint32_t number(std::size_t bytes) {
    scratch_.clear();
    take(scratch_, bytes);
    return big_endian(scratch_);
  }
  std::uint32_t header_number(std::size_t bytes) {
    header_bytes(bytes);
    return big_endian(std::string_view(header_).substr(header_.size() - bytes));
  }
  void header_bytes(std::size_t count) { take(header_, count); }

  void take(std::string& out, std::size_t count) {
    while (count > 0) {
      const auto there = in_.next();
      if (there.empty()) fail("is cut off: the lzop stream has no end");
      const std::size_t n = std::min(count, there.size());
      out.append(reinterpret_cast<const char*>(there.data()), n);
      in_.consume(n);
      count -= n;
    }
  }
  void skip(std::size_t count) {
    while (count > 0) {
      const std::size_t n = std::min(count, in_.next().size());
      if (n == 0) fail("is cut off: the lzop stream has no end");
      in_.consume(n);
      count -= n;
    }
  }

  [[noreturn]] void fail(const std::string& what) {
    failed_ = true;
    throw Error(ErrorKind::refused, name_ + " " + what);
  }

  CompressedInput in_;
  std::string name_;
  std::string header_;  // what its checksum is of
  std::string scratch_;
  std::string packed_;
  std::string block_;
  std::size_t used_ = 0;  // of block_
  std::uint32_t flags_ = 0;
  std::uint64_t files_ = 0;
  bool inside_file_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<ObjectReader> read_lzop(std::unique_ptr<ObjectReader> in, std::string name) {
  return std::make_unique<LzopReader>(std::move(in), std::move(name));
}

}  // namespace penstock
