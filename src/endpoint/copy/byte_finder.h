// Finds the next byte of three, from left to right; what a CSV's fields end with.
//
// Sixteen bytes a step where SSE2 is there, and one by one elsewhere and at the end of the text. A block is looked at
// once, however many bytes of it are asked for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace penstock::endpoint {

class ByteFinder {
 public:
  ByteFinder(char a, char b, char c) noexcept : a_(a), b_(b), c_(c) {}

  // The text to look through from now on.
  void start(const char* begin, const char* end) noexcept {
    block_ = begin;
    end_ = end;
    known_ = 0;
    mask_ = 0;
  }

  // The first of the three at or behind `from`, or the end. Quick where `from` goes forward only.
  const char* next(const char* from) noexcept {
    while (true) {
      if (block_ <= from && from < block_ + known_) {
        const std::uint64_t rest = mask_ >> (from - block_);
        if (rest != 0) return from + std::countr_zero(rest);
        from = block_ + known_;
      }
      if (from >= end_) return end_;
      look_at(from);
    }
  }

  [[nodiscard]] bool is_one(char c) const noexcept { return c == a_ || c == b_ || c == c_; }

 private:
  static constexpr std::ptrdiff_t kBlock = 64;

  void look_at(const char* from) noexcept {
    block_ = from;
#if defined(__SSE2__)
    if (end_ - from >= kBlock) {
      known_ = kBlock;
      mask_ = 0;
      const __m128i a = _mm_set1_epi8(a_), b = _mm_set1_epi8(b_), c = _mm_set1_epi8(c_);
      for (std::ptrdiff_t i = 0; i < kBlock; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
        const __m128i found =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, a), _mm_or_si128(_mm_cmpeq_epi8(bytes, b), _mm_cmpeq_epi8(bytes, c)));
        mask_ |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(found))) << i;
      }
      return;
    }
#endif
    known_ = end_ - from < kBlock ? end_ - from : kBlock;
    mask_ = 0;
    for (std::ptrdiff_t i = 0; i < known_; ++i) mask_ |= static_cast<std::uint64_t>(is_one(from[i])) << i;
  }

  char a_, b_, c_;
  const char* block_ = nullptr;  // what mask_ is of
  const char* end_ = nullptr;
  std::ptrdiff_t known_ = 0;  // bytes of the block
  std::uint64_t mask_ = 0;    // bit i: block_[i] is one of the three
};

}  // namespace penstock::endpoint
