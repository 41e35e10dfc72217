#include <isa-l/igzip_lib.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "codec/codecs.h"
#include "codec/input.h"
#include "penstock/error.h"

namespace penstock {
namespace {

class GzipReader final : public ObjectReader {
 public:
  GzipReader(std::unique_ptr<ObjectReader> in, std::string name) : in_(std::move(in)), name_(std::move(name)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    while (!buffer.empty() && !failed_) {
      if (in_.next().empty() && !inside_member_) return 0;
      if (!inside_member_) begin_member();
      const std::size_t n = inflate_step(buffer);
      if (n > 0) return n;
    }
    return 0;
  }

 private:
  void begin_member() {
    constexpr std::byte kMagic{0x1f};  // ISA-L looks at nothing before it has all ten bytes of a header
    if (in_.next().front() != kMagic) refuse(ISAL_INVALID_WRAPPER);
    isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
    inside_member_ = true;
  }

  std::size_t inflate_step(std::span<std::byte> buffer) {
    const std::span<const std::byte> input = in_.next();
    const auto room =
        static_cast<std::uint32_t>(std::min<std::size_t>(buffer.size(), std::numeric_limits<std::int32_t>::max()));
    // ISA-L takes a pointer to mutable bytes and only reads them.
    state_->next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(input.data()));
    state_->avail_in = static_cast<std::uint32_t>(input.size());
    state_->next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    state_->avail_out = room;
    const int outcome = isal_inflate(state_.get());
    if (outcome < ISAL_DECOMP_OK || outcome == ISAL_NEED_DICT) refuse(outcome);
    in_.consume(input.size() - state_->avail_in);
    const std::size_t produced = room - state_->avail_out;
    if (state_->block_state == ISAL_BLOCK_FINISH) {
      inside_member_ = false;
      ++members_;
    } else if (input.empty() && produced == 0) {
      fail("is cut off: the gzip stream has no end");
    }
    return produced;
  }

  [[noreturn]] void refuse(int outcome) {
    switch (outcome) {
      case ISAL_INVALID_WRAPPER:
      case ISAL_UNSUPPORTED_METHOD:
        fail(members_ == 0 ? "is not gzip" : "has bytes behind its gzip stream that are not gzip");
      case ISAL_INCORRECT_CHECKSUM:
        fail("is damaged: its gzip checksum does not match");
      default:
        fail("is damaged: invalid deflate data");
    }
  }

  [[noreturn]] void fail(const std::string& what) {
    failed_ = true;
    throw Error(ErrorKind::refused, name_ + " " + what);
  }

  CompressedInput in_;
  std::string name_;
  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  std::uint64_t members_ = 0;
  bool inside_member_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<ObjectReader> read_gzip(std::unique_ptr<ObjectReader> in, std::string name) {
  return std::make_unique<GzipReader>(std::move(in), std::move(name));
}

}  // namespace penstock
