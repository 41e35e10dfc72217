#include "codec/lzo1x.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace penstock {
namespace {

// A block is a row of instructions: a run of literals, or a match (so many bytes, from so far back) with up to three
// literals behind it. What an instruction below 16 means depends on how many literals the one before it brought.
class Block {
 public:
  Block(std::span<const std::byte> in, std::span<std::byte> out) noexcept : in_(in), out_(out) {}

  bool decompress() noexcept {
    if (in_.empty()) return false;
    if (const std::size_t first = byte_at(0); first > kLongestMatchCode) {
      ++at_;
      if (!copy_literals(first - kLongestMatchCode)) return false;
    }
    while (at_ < in_.size()) {
      const std::size_t code = take();
      const bool good = code >= 64   ? near_match(code)
                        : code >= 32 ? far_match(code & 31, 31, 1)
                        : code >= 16 ? farthest_match(code)
                        : run_ == 0  ? literal_run(code)
                                     : short_match(code);
      if (!good) return false;
      if (at_end_) return at_ == in_.size() && filled_ == out_.size();
    }
    return false;  // no mark of the end
  }

 private:
  static constexpr std::size_t kLongestMatchCode = 17;
  static constexpr std::size_t kLongRun = 4;  // "four literals or more"

  [[nodiscard]] std::size_t byte_at(std::size_t at) const noexcept { return std::to_integer<std::size_t>(in_[at]); }
  std::size_t take() noexcept { return at_ < in_.size() ? byte_at(at_++) : (broken_ = true, 0); }

  // A length of `bits`, or, where those are all zero, `most` and what follows: 255 for each zero byte and the next one.
  std::size_t take_length(std::size_t bits, std::size_t most) noexcept {
    if (bits != 0) return bits;
    std::size_t length = most;
    std::size_t byte = take();
    while (byte == 0 && !broken_ && length < out_.size()) {
      length += 255;
      byte = take();
    }
    return length + byte;
  }

  bool literal_run(std::size_t code) noexcept { return copy_literals(take_length(code, 15) + 3); }

  bool short_match(std::size_t code) noexcept {
    const std::size_t back = (take() << 2) + (code >> 2);
    return run_ == kLongRun ? match(3, back + 2049, code & 3) : match(2, back + 1, code & 3);
  }
  bool near_match(std::size_t code) noexcept {
    const std::size_t length = code >= 128 ? 5 + (code >> 5 & 3) : 3 + (code >> 5 & 1);
    return match(length, (take() << 3) + (code >> 2 & 7) + 1, code & 3);
  }
  bool far_match(std::size_t bits, std::size_t most, std::size_t nearest) noexcept {
    const std::size_t length = take_length(bits, most) + 2;
    const std::size_t low = take(), both = low | take() << 8;
    return match(length, (both >> 2) + nearest, both & 3);
  }
  bool farthest_match(std::size_t code) noexcept {
    const std::size_t length = take_length(code & 7, 7) + 2;
    const std::size_t low = take(), both = low | take() << 8;
    const std::size_t back = ((code & 8) << 11) + (both >> 2);
    if (back == 0) return at_end_ = !broken_ && length == 3;
    return match(length, back + 16384, both & 3);
  }

  bool match(std::size_t length, std::size_t back, std::size_t literals) noexcept {
    if (broken_ || back > filled_ || length > out_.size() - filled_) return false;
    std::byte* const to = out_.data() + filled_;
    const std::byte* const from = to - back;
    if (back >= length) {
      std::memcpy(to, from, length);
    } else {
      for (std::size_t i = 0; i < length; ++i) to[i] = from[i];  // reads what it has just written
    }
    filled_ += length;
    return copy_literals(literals);
  }

  bool copy_literals(std::size_t count) noexcept {
    if (broken_ || count > in_.size() - at_ || count > out_.size() - filled_) return false;
    if (count > 0) std::memcpy(out_.data() + filled_, in_.data() + at_, count);
    at_ += count;
    filled_ += count;
    run_ = std::min(count, kLongRun);
    return true;
  }

  std::span<const std::byte> in_;
  std::span<std::byte> out_;
  std::size_t at_ = 0;      // in in_
  std::size_t filled_ = 0;  // of out_
  std::size_t run_ = 0;     // literals that the last instruction brought
  bool broken_ = false;     // read beyond the block's end
  bool at_end_ = false;
};

}  // namespace

bool decompress_lzo1x(std::span<const std::byte> in, std::span<std::byte> out) noexcept {
  return Block(in, out).decompress();
}

}  // namespace penstock
