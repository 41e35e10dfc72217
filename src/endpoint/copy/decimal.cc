#include "endpoint/copy/decimal.h"

namespace penstock::endpoint {
namespace {

constexpr std::int32_t kMaxExponent = 100'000;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A decimal as its digits: whole and fraction as written, and an exponent.
struct Decimal {
  bool negative = false;
  std::string_view whole, fraction;
  std::int32_t exponent = 0;

  [[nodiscard]] std::int64_t size() const noexcept { return static_cast<std::int64_t>(whole.size() + fraction.size()); }
  // The i-th of all digits, the point left out.
  [[nodiscard]] char digit(std::int64_t i) const noexcept {
    const auto at = static_cast<std::size_t>(i);
    return at < whole.size() ? whole[at] : fraction[at - whole.size()];
  }
};

std::string_view take_digits(std::string_view& text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_sign(std::string_view& text) noexcept { return take(text, '-') || (take(text, '+'), false); }

DecimalOutcome scan(std::string_view text, Decimal& decimal) noexcept {
  decimal.negative = take_sign(text);
  decimal.whole = take_digits(text);
  if (take(text, '.')) decimal.fraction = take_digits(text);
  if (decimal.size() == 0) return DecimalOutcome::no_number;
  if (take(text, 'e') || take(text, 'E')) {
    const bool negative = take_sign(text);
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return DecimalOutcome::malformed;
    std::int32_t exponent = 0;
    for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kMaxExponent);
    decimal.exponent = negative ? -exponent : exponent;
  }
  return text.empty() ? DecimalOutcome::written : DecimalOutcome::malformed;
}

// Significant digits, 0 to 9 each, with the point behind the first `point` of them; one slot before them for a carry.
struct Digits {
  std::uint8_t slots[2 * DecimalShape::kMaxDigits + 1]{};
  std::uint8_t* first = slots + 1;
  std::int64_t size = 0;
  std::int64_t point = 0;

  void add_one_to_last() noexcept {
    std::int64_t i = size - 1;
    while (i >= 0 && first[i] == 9) first[i--] = 0;
    if (i >= 0) {
      ++first[i];
      return;
    }
    *--first = 1;
    ++size;
    ++point;
  }
  void drop_trailing_zeros() noexcept {
    while (size > 0 && first[size - 1] == 0) --size;
  }
};

// Digits of the decimal up to the scale; false: more before the point than there may be.
bool cut(const Decimal& decimal, std::int64_t scale, const DecimalShape& shape, Digits& digits) noexcept {
  const std::int64_t max_whole = shape.precision - shape.scale;
  std::int64_t begin = 0;
  while (begin < decimal.size() && decimal.digit(begin) == '0') ++begin;
  const std::int64_t significant = decimal.size() - begin;
  if (significant == 0) return true;
  digits.point = static_cast<std::int64_t>(decimal.whole.size()) + decimal.exponent - begin;
  if (digits.point > max_whole) return false;
  const std::int64_t kept = digits.point + scale;  // digits before and behind the point that the scale leaves
  if (kept < 0) return true;
  digits.size = std::min(kept, significant);
  for (std::int64_t i = 0; i < digits.size; ++i) {
    digits.first[i] = static_cast<std::uint8_t>(decimal.digit(begin + i) - '0');
  }
  if (shape.round && kept < significant && decimal.digit(begin + kept) >= '5') digits.add_one_to_last();
  digits.drop_trailing_zeros();
  return digits.size == 0 || digits.point <= max_whole;
}

// numeric_recv(): count of base-10000 digits, weight of the first, sign, digits shown behind the point, the digits.
void put(BinaryRows& rows, const Digits& digits, bool negative, std::int64_t scale) noexcept {
  constexpr std::int16_t kNegative = 0x4000;
  const std::int64_t size = digits.size;
  const std::int64_t floor_weight = digits.point > 0 ? (digits.point - 1) / 4 : -((4 - digits.point) / 4);
  const std::int64_t weight = size == 0 ? 0 : floor_weight;
  const std::int64_t before = 4 * (weight + 1) - digits.point;  // zeros that fill up the first group
  const std::int64_t groups = size == 0 ? 0 : (before + size + 3) / 4;
  rows.put(static_cast<std::int32_t>(8 + 2 * groups));
  rows.put(static_cast<std::int16_t>(groups));
  rows.put(static_cast<std::int16_t>(weight));
  rows.put(negative && size > 0 ? kNegative : std::int16_t{0});
  rows.put(static_cast<std::int16_t>(scale));
  for (std::int64_t group = 0, i = -before; group < groups; ++group) {
    std::int16_t value = 0;
    for (int k = 0; k < 4; ++k, ++i) {
      value = static_cast<std::int16_t>(value * 10 + (i >= 0 && i < size ? digits.first[i] : 0));
    }
    rows.put(value);
  }
}

}  // namespace

DecimalOutcome put_decimal(BinaryRows& rows, std::string_view text, const DecimalShape& shape) noexcept {
  Decimal decimal;
  if (const auto outcome = scan(text, decimal); outcome != DecimalOutcome::written) return outcome;
  std::int64_t scale = shape.scale;
  if (shape.own_scale) {
    const std::int64_t own = static_cast<std::int64_t>(decimal.fraction.size()) - decimal.exponent;
    scale = std::clamp<std::int64_t>(own, 0, DecimalShape::kMaxDigits);
  }
  Digits digits;
  if (!cut(decimal, scale, shape, digits)) return DecimalOutcome::too_large;
  put(rows, digits, decimal.negative, scale);
  return DecimalOutcome::written;
}

}  // namespace penstock::endpoint
