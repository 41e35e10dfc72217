#include "table/default_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/text.h"

namespace penstock::table {
namespace {

using std::chrono::microseconds;

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number as sign, digits before the point without leading zeros, and digits after it without trailing ones.
struct Decimal {
  bool negative = false;
  std::string whole;
  std::string fraction;

  bool operator==(const Decimal&) const = default;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  text = trimmed(text);
  Decimal out;
  if (text.starts_with('-') || text.starts_with('+')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const auto point = text.find('.');
  out.whole = text.substr(0, point);
  if (point != std::string_view::npos) out.fraction = text.substr(point + 1);
  if ((out.whole + out.fraction).empty()) return std::nullopt;
  if (!std::ranges::all_of(out.whole, is_digit) || !std::ranges::all_of(out.fraction, is_digit)) return std::nullopt;
  out.whole.erase(0, std::min(out.whole.find_first_not_of('0'), out.whole.size()));
  out.fraction.erase(out.fraction.find_last_not_of('0') + 1);
  if (out.whole.empty() && out.fraction.empty()) out.negative = false;
  return out;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  text = trimmed(text);
  for (const std::string_view yes : {"true", "t", "yes", "y", "1"}) {
    if (equal_ignoring_case(text, yes)) return true;
  }
  for (const std::string_view no : {"false", "f", "no", "n", "0"}) {
    if (equal_ignoring_case(text, no)) return false;
  }
  return std::nullopt;
}

// Reads ISO dates and times from the front of a text.
class IsoReader {
 public:
  explicit IsoReader(std::string_view text) : rest_(trimmed(text)) {}

  std::optional<std::chrono::sys_days> date() {
    const auto year = digits(4);
    const bool dashed = take('-');
    const auto month = digits(2);
    if (!year || !dashed || !month || !take('-')) return std::nullopt;
    const auto day = digits(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
  }

  std::optional<microseconds> time() {
    const auto hour = digits(2);
    if (!hour || *hour > 23 || !take(':')) return std::nullopt;
    const auto minute = digits(2);
    if (!minute || *minute > 59) return std::nullopt;
    microseconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
    if (!take(':')) return time;
    const auto second = digits(2);
    if (!second || *second > 59) return std::nullopt;
    time += std::chrono::seconds(*second);
    if (take('.')) {
      std::size_t count = 0;
      int fraction = 0;
      for (; !rest_.empty() && is_digit(rest_[0]) && count < 6; ++count) {
        fraction = fraction * 10 + (rest_[0] - '0');
        rest_.remove_prefix(1);
      }
      if (count == 0 || (!rest_.empty() && is_digit(rest_[0]))) return std::nullopt;
      for (; count < 6; ++count) fraction *= 10;
      time += microseconds(fraction);
    }
    return time;
  }

  // "Z", "+02", "-03:30"; UTC when there is none.
  std::optional<std::chrono::minutes> offset() {
    while (take(' ')) continue;
    if (rest_.empty() || take('Z') || take('z')) return std::chrono::minutes(0);
    const bool negative = rest_[0] == '-';
    if (!take('+') && !take('-')) return std::nullopt;
    const auto hours = digits(2);
    if (!hours) return std::nullopt;
    std::optional<int> minutes = 0;
    if (take(':') || !rest_.empty()) minutes = digits(2);
    if (!minutes) return std::nullopt;
    const std::chrono::minutes offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return negative ? -offset : offset;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count || !std::ranges::all_of(rest_.substr(0, count), is_digit)) return std::nullopt;
    int value = 0;
    for (const char digit : rest_.substr(0, count)) value = value * 10 + (digit - '0');
    rest_.remove_prefix(count);
    return value;
  }

  std::string_view rest_;
};

struct Moment {
  std::chrono::sys_time<microseconds> local{};
  std::chrono::minutes offset{0};
};

std::optional<Moment> parse_moment(std::string_view text) {
  IsoReader reader(text);
  const auto date = reader.date();
  if (!date) return std::nullopt;
  Moment moment{.local = *date};
  if (reader.at_end()) return moment;
  if (!reader.take(' ') && !reader.take('T')) return std::nullopt;
  const auto time = reader.time();
  if (!time) return std::nullopt;
  moment.local += *time;
  const auto offset = reader.offset();
  if (!offset || !reader.at_end()) return std::nullopt;
  moment.offset = *offset;
  return moment;
}

std::optional<Moment> parse_time_of_day(std::string_view text) {
  IsoReader reader(text);
  const auto time = reader.time();
  if (!time) return std::nullopt;
  const auto offset = reader.offset();
  if (!offset || !reader.at_end()) return std::nullopt;
  return Moment{.local = std::chrono::sys_time<microseconds>(*time), .offset = *offset};
}

std::int64_t greatest(TypeName name) {
  if (name == TypeName::smallint) return std::numeric_limits<std::int16_t>::max();
  if (name == TypeName::integer) return std::numeric_limits<std::int32_t>::max();
  return std::numeric_limits<std::int64_t>::max();
}

std::optional<std::string> decimal_problem(std::string_view value, const Type& type) {
  const auto decimal = parse_decimal(value);
  if (!decimal) return "is no decimal number";
  if (decimal->fraction.size() > static_cast<std::size_t>(type.scale)) {
    return fmt::format("has more than {} digits after the point", type.scale);
  }
  if (decimal->whole.size() > static_cast<std::size_t>(type.precision - type.scale)) {
    return fmt::format("has more than {} digits before the point", type.precision - type.scale);
  }
  return std::nullopt;
}

// Without trailing blanks, which CHAR pads with.
std::string_view unpadded(std::string_view text) { return text.substr(0, text.find_last_not_of(' ') + 1); }

// What an expression of the catalog says, as far as it is a constant with casts and parentheses around it.
class ConstantReader {
 public:
  explicit ConstantReader(std::string_view text) : rest_(text) {}

  std::optional<std::string> read() {
    auto value = constant();
    skip_spaces();
    return rest_.empty() ? value : std::nullopt;
  }

 private:
  static constexpr int kMaxDepth = 16;

  std::optional<std::string> constant() {
    if (++depth_ > kMaxDepth) return std::nullopt;
    skip_spaces();
    std::optional<std::string> value;
    if (take("(")) {
      value = constant();
      skip_spaces();
      if (!take(")")) return std::nullopt;
    } else if (rest_.starts_with('\'') || rest_.starts_with("E'")) {
      value = quoted();
    } else {
      value = bare();
    }
    while (value && cast()) continue;
    return value;
  }

  // As PostgreSQL prints it with backslashes as escapes: '' and \\ are doubled, and control characters \ooo.
  std::optional<std::string> quoted() {
    take("E");
    take("'");
    std::string text;
    while (!rest_.empty()) {
      if (take("''")) {
        text += '\'';
      } else if (take("'")) {
        return text;
      } else if (take("\\")) {
        if (rest_.empty()) return std::nullopt;
        text += escaped();
      } else {
        text += rest_[0];
        rest_.remove_prefix(1);
      }
    }
    return std::nullopt;
  }

  char escaped() {
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    if (rest_.size() >= 3 && std::ranges::all_of(rest_.substr(0, 3), octal)) {
      const int code = (rest_[0] - '0') * 64 + (rest_[1] - '0') * 8 + (rest_[2] - '0');
      rest_.remove_prefix(3);
      return static_cast<char>(code);
    }
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  // A number, true or false.
  std::optional<std::string> bare() {
    const auto end = std::min(rest_.find_first_of(" ():'\""), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (equal_ignoring_case(word, "true") || equal_ignoring_case(word, "false") || parse_double(word)) return word;
    return std::nullopt;
  }

  // ::character varying(20), skipped.
  bool cast() {
    skip_spaces();
    if (!take("::")) return false;
    const auto in_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == ' ' || c == '"' ||
             c == '.';
    };
    while (!rest_.empty() && in_name(rest_[0])) rest_.remove_prefix(1);
    if (take("(")) {
      const auto close = rest_.find(')');
      if (close == std::string_view::npos) return false;
      rest_.remove_prefix(close + 1);
      while (!rest_.empty() && in_name(rest_[0])) rest_.remove_prefix(1);  // timestamp(6) without time zone
    }
    return true;
  }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void skip_spaces() {
    while (take(" ")) continue;
  }

  std::string_view rest_;
  int depth_ = 0;
};

}  // namespace

std::optional<std::string> value_problem(std::string_view value, const Type& type) {
  switch (type.name) {
    case TypeName::boolean:
      if (!parse_boolean(value)) return "is neither true nor false";
      break;
    case TypeName::smallint:
    case TypeName::integer:
    case TypeName::bigint: {
      const auto number = parse_integer(value);
      if (!number) return "is no whole number";
      if (*number > greatest(type.name) || *number < -greatest(type.name) - 1) return "is out of range";
      break;
    }
    case TypeName::numeric:
      return decimal_problem(value, type);
    case TypeName::real:
    case TypeName::double_precision:
      if (!parse_double(value)) return "is no number";
      break;
    case TypeName::character:
    case TypeName::varchar:
      if (value.size() > static_cast<std::size_t>(type.length)) {
        return fmt::format("has {} bytes, and the column holds {}", value.size(), type.length);
      }
      break;
    case TypeName::date:
    case TypeName::timestamp:
    case TypeName::timestamptz:
      if (!parse_moment(value)) return "is no date as 2015-07-01 or 2015-07-01 12:30:00";
      break;
    case TypeName::time:
    case TypeName::timetz:
      if (!parse_time_of_day(value)) return "is no time as 12:30:00";
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<std::string> constant_of(std::string_view expression) { return ConstantReader(expression).read(); }

bool same_value(std::string_view a, std::string_view b, const Type& type) {
  const auto same = [&](auto parse) {
    const auto x = parse(a);
    const auto y = parse(b);
    return x && y && *x == *y;
  };
  switch (type.name) {
    case TypeName::boolean:
      return same(parse_boolean);
    case TypeName::smallint:
    case TypeName::integer:
    case TypeName::bigint:
    case TypeName::numeric:
      return same(parse_decimal);
    case TypeName::real:
    case TypeName::double_precision: {
      const auto x = parse_double(a);
      const auto y = parse_double(b);
      if (!x || !y) return false;
      if (std::isnan(*x) || std::isnan(*y)) return std::isnan(*x) && std::isnan(*y);
      return type.name == TypeName::real ? static_cast<float>(*x) == static_cast<float>(*y) : *x == *y;
    }
    case TypeName::date:
      return same([](std::string_view text) -> std::optional<std::chrono::sys_days> {
        const auto moment = parse_moment(text);
        return moment ? std::optional(std::chrono::floor<std::chrono::days>(moment->local)) : std::nullopt;
      });
    case TypeName::timestamp:  // a zone in the text is not heeded
      return same([](std::string_view text) -> std::optional<std::chrono::sys_time<microseconds>> {
        const auto moment = parse_moment(text);
        return moment ? std::optional(moment->local) : std::nullopt;
      });
    case TypeName::timestamptz:
      return same([](std::string_view text) -> std::optional<std::chrono::sys_time<microseconds>> {
        const auto moment = parse_moment(text);
        return moment ? std::optional(moment->local - moment->offset) : std::nullopt;
      });
    case TypeName::time:
      return same([](std::string_view text) -> std::optional<std::chrono::sys_time<microseconds>> {
        const auto time = parse_time_of_day(text);
        return time ? std::optional(time->local) : std::nullopt;
      });
    case TypeName::timetz:
      return same([](std::string_view text) -> std::optional<std::chrono::sys_time<microseconds>> {
        const auto time = parse_time_of_day(text);
        return time ? std::optional(time->local - time->offset) : std::nullopt;
      });
    case TypeName::character:
      return unpadded(a) == unpadded(b);
    default:
      return a == b;
  }
}

}  // namespace penstock::table
