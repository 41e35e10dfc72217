#include "columnar/orc_footer.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "base/text.h"

namespace penstock::columnar {
namespace {

constexpr std::uint64_t kMostDigits = 38;
// of the whole milliseconds around 1970 that nanoseconds in 64 bits hold
constexpr std::int64_t kMostMillis = 9'223'372'036'854;

// The parts of a protobuf message, one after the other.
class Message {
 public:
  explicit Message(std::string_view bytes) : bytes_(bytes) {}

  // False: at the end, or it is none.
  bool next() {
    if (bytes_.empty() || is_broken_) return false;
    constexpr std::uint64_t kWireTypes = 8;
    const std::uint64_t tag = number();
    field_ = tag / kWireTypes;
    value_ = 0;
    text_ = {};
    switch (tag % kWireTypes) {
      case 0:
        value_ = number();
        break;
      case 1:
        skip(8);
        break;
      case 2:
        text_ = skip(number());
        break;
      case 5:
        skip(4);
        break;
      default:
        is_broken_ = true;
    }
    return !is_broken_;
  }
  [[nodiscard]] std::uint64_t field() const noexcept { return field_; }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }
  [[nodiscard]] std::int64_t signed_value() const noexcept {
    return static_cast<std::int64_t>(value_ >> 1U) ^ -static_cast<std::int64_t>(value_ & 1U);
  }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned bits = 0; bits < 64 && !bytes_.empty(); bits += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= (std::uint64_t{byte} & 0x7FU) << bits;
      if (byte < 0x80U) return value;
    }
    is_broken_ = true;
    return 0;
  }

  std::string_view skip(std::uint64_t size) {
    if (size > bytes_.size()) {
      is_broken_ = true;
      return {};
    }
    const std::string_view skipped = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return skipped;
  }

  std::string_view bytes_;
  std::uint64_t field_ = 0;
  std::uint64_t value_ = 0;
  std::string_view text_;
  bool is_broken_ = false;
};

struct Type {
  std::uint64_t kind = 0;
  std::uint64_t digits = 0;
  std::vector<std::string_view> names{};  // of a struct's fields
};

// As orc.proto numbers them.
constexpr std::uint64_t kBoolean = 0;
constexpr std::uint64_t kInt = 3;
constexpr std::uint64_t kLong = 4;
constexpr std::uint64_t kFloat = 5;
constexpr std::uint64_t kDouble = 6;
constexpr std::uint64_t kString = 7;
constexpr std::uint64_t kTimestamp = 9;
constexpr std::uint64_t kDecimal = 14;
constexpr std::uint64_t kTimestampInstant = 18;

struct Footer {
  std::vector<Type> types;
  std::vector<std::string_view> statistics;  // of each type
  bool is_broken = false;
};

Type type_in(Message message, bool& is_broken) {
  Type type;
  while (message.next()) {
    if (message.field() == 1) type.kind = message.value();
    if (message.field() == 3) type.names.push_back(message.text());
    if (message.field() == 5) type.digits = message.value();
  }
  is_broken = is_broken || message.is_broken();
  return type;
}

Footer footer_in(std::string_view file_tail) {
  Footer footer;
  Message tail(file_tail);
  while (tail.next()) {
    if (tail.field() != 2) continue;
    Message message(tail.text());
    while (message.next()) {
      if (message.field() == 4) footer.types.push_back(type_in(Message(message.text()), footer.is_broken));
      if (message.field() == 7) footer.statistics.push_back(message.text());
    }
    footer.is_broken = footer.is_broken || message.is_broken();
  }
  footer.is_broken = footer.is_broken || tail.is_broken();
  return footer;
}

bool is_beyond_nanoseconds(std::string_view statistics) {
  Message column(statistics);
  while (column.next()) {
    if (column.field() != 9) continue;
    Message range(column.text());
    while (range.next()) {
      const bool is_bound = range.field() >= 1 && range.field() <= 4;
      if (is_bound && (range.signed_value() >= kMostMillis || range.signed_value() <= -kMostMillis)) return true;
    }
  }
  return false;
}

// Of the top level; else "the column of number n".
std::string name_of(const Footer& footer, std::size_t type) {
  // the fields of the first are numbered in the order of all, with what is in each between them
  if (!footer.types.empty() && footer.types.size() == footer.types[0].names.size() + 1 && type > 0) {
    return fmt::format("column {}", printable(footer.types[0].names[type - 1]));
  }
  return fmt::format("the column of number {}", type);
}

}  // namespace

std::optional<std::string> unreadable_in_orc(std::string_view file_tail) {
  const Footer footer = footer_in(file_tail);
  if (footer.is_broken) return "its footer is broken";
  for (std::size_t i = 0; i < footer.types.size(); ++i) {
    const Type& type = footer.types[i];
    if (type.kind == kDecimal && type.digits > kMostDigits) {
      return fmt::format("{} is a decimal of {} digits, and 38 is the most", name_of(footer, i), type.digits);
    }
    const bool is_timestamp = type.kind == kTimestamp || type.kind == kTimestampInstant;
    if (is_timestamp && i < footer.statistics.size() && is_beyond_nanoseconds(footer.statistics[i])) {
      return fmt::format(
          "{} has a timestamp before 1677-09-21 or after 2262-04-11, which ORC's reader would take for another; "
          "Parquet keeps them",
          name_of(footer, i));
    }
  }
  return std::nullopt;
}

std::optional<int> other_by_copy_in_orc(std::string_view file_tail) {
  const Footer footer = footer_in(file_tail);
  if (footer.is_broken || footer.types.empty()) return 0;
  // the first is the struct of all; where one is nested, what is in it comes before the next, and it is found first
  for (std::size_t i = 1; i < footer.types.size(); ++i) {
    switch (footer.types[i].kind) {
      case kBoolean:
      case kInt:
      case kLong:
      case kFloat:
      case kDouble:
      case kString:
      case kDecimal:
        continue;
      default:
        return static_cast<int>(i) - 1;
    }
  }
  return std::nullopt;
}

}  // namespace penstock::columnar
