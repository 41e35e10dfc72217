// Decimal text into PostgreSQL's binary numeric, digit by digit: no floating point in between.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "endpoint/copy/binary_rows.h"

namespace penstock::endpoint {

struct DecimalShape {
  static constexpr std::int32_t kMaxDigits = 1000;  // before the point, and behind it

  std::int32_t precision = kMaxDigits;  // of all digits
  std::int32_t scale = 0;
  bool own_scale = false;  // the text's own digits behind the point are kept, up to kMaxDigits; no scale is declared
  bool round = false;      // excess scale: half away from zero, else cut off
};

enum class DecimalOutcome { written, no_number, malformed, too_large };

// Bytes that a value needs at most, its header included.
constexpr std::size_t decimal_room(const DecimalShape& shape) noexcept {
  const std::int32_t scale = shape.own_scale ? DecimalShape::kMaxDigits : shape.scale;
  return 32 + static_cast<std::size_t>(std::min(shape.precision, DecimalShape::kMaxDigits) + scale) / 2;
}

// "-12.5", "+.5", "1.5e3"; no blanks around. no_number: it does not begin like a number; malformed: it goes on as none.
// Nothing is written unless `written` comes back.
DecimalOutcome put_decimal(BinaryRows& rows, std::string_view text, const DecimalShape& shape) noexcept;

}  // namespace penstock::endpoint
