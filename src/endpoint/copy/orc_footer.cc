#include "endpoint/copy/orc_footer.h"

#include <cstdint>
#include <optional>

namespace penstock::endpoint {
namespace {

// The numbers of orc.proto.
constexpr std::uint64_t kFooter = 2;  // of FileTail
constexpr std::uint64_t kType = 4;    // of Footer
constexpr std::uint64_t kKind = 1;    // of Type
constexpr std::uint64_t kPrecision = 5;
constexpr std::uint64_t kDecimal = 14;  // of Type.Kind
constexpr std::uint64_t kMostDigits = 38;

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;   // of a varint
  std::string_view bytes{};  // of what has a length
};

// The fields of one message, as protobuf writes them.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    constexpr unsigned kWireBits = 3;
    const std::uint64_t tag = varint();
    Field field{.number = tag >> kWireBits};
    switch (tag & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        take(4);
        break;
      default:
        is_broken_ = true;
    }
    return is_broken_ ? std::nullopt : std::optional(field);
  }
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = take(1);
      if (byte.empty()) return 0;
      const auto bits = static_cast<unsigned char>(byte[0]);
      value |= std::uint64_t{bits & 0x7FU} << shift;
      if (bits < 0x80) return value;
    }
    is_broken_ = true;
    return 0;
  }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      is_broken_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool is_broken_ = false;
};

bool is_readable_type(std::string_view type) {
  Fields fields(type);
  std::uint64_t kind = 0;
  std::uint64_t precision = 0;
  while (const auto field = fields.next()) {
    if (field->number == kKind) kind = field->value;
    if (field->number == kPrecision) precision = field->value;
  }
  return !fields.is_broken() && (kind != kDecimal || precision <= kMostDigits);
}

}  // namespace

bool is_readable_footer(std::string_view file_tail) noexcept {
  Fields tail(file_tail);
  while (const auto part = tail.next()) {
    if (part->number != kFooter) continue;
    Fields footer(part->bytes);
    while (const auto field = footer.next()) {
      if (field->number == kType && !is_readable_type(field->bytes)) return false;
    }
    if (footer.is_broken()) return false;
  }
  return !tail.is_broken();
}

}  // namespace penstock::endpoint
