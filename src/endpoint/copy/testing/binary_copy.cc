#include "endpoint/copy/testing/binary_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "base/text.h"

namespace penstock::endpoint::testing {
namespace {

struct Type {
  std::string_view name;
  std::uint32_t oid;
};
constexpr std::array kTypes = {Type{"bool", 16},          Type{"int8", 20},     Type{"int2", 21},
                               Type{"int4", 23},          Type{"text", 25},     Type{"float4", 700},
                               Type{"float8", 701},       Type{"char", 1042},   Type{"varchar", 1043},
                               Type{"date", 1082},        Type{"time", 1083},   Type{"timestamp", 1114},
                               Type{"timestamptz", 1184}, Type{"timetz", 1266}, Type{"numeric", 1700},
                               Type{"bytea", 17},         Type{"super", 4000}};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T take() {
    std::uint64_t value = 0;
    for (const char c : take_bytes(sizeof(T))) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<T>(value);
  }
  std::string_view take_bytes(std::size_t n) {
    if (bytes_.size() < n) throw std::runtime_error("binary COPY: cut off");
    const std::string_view taken = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return taken;
  }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

std::string date_text(std::int64_t days) {
  using namespace std::chrono;
  const year_month_day date(sys_days(year(2000) / 1 / 1) + std::chrono::days(days));
  const int year = int{date.year()};
  return fmt::format("{:04}-{:02}-{:02}{}", year > 0 ? year : 1 - year, unsigned{date.month()}, unsigned{date.day()},
                     year > 0 ? "" : " BC");
}

std::string clock_text(std::int64_t micros) {
  const std::int64_t seconds = micros / 1'000'000;
  const std::string fraction = micros % 1'000'000 == 0 ? "" : fmt::format(".{:06}", micros % 1'000'000);
  return fmt::format("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction);
}

std::string timestamp_text(std::int64_t micros) {
  constexpr std::int64_t kDay = 86'400'000'000;
  const std::int64_t days = micros >= 0 ? micros / kDay : -((kDay - 1 - micros) / kDay);
  return date_text(days) + " " + clock_text(micros - days * kDay);
}

std::string numeric_text(Reader value) {
  const auto groups = value.take<std::int16_t>();
  const auto weight = value.take<std::int16_t>();
  const auto sign = value.take<std::uint16_t>();
  const auto scale = value.take<std::int16_t>();
  std::string digits;
  for (int i = 0; i < groups; ++i) {
    const auto group = value.take<std::int16_t>();
    if (group < 0 || group > 9999) throw std::runtime_error("binary COPY: a digit beyond 9999");
    digits += fmt::format("{:04}", group);
  }
  if (!value.at_end()) throw std::runtime_error("binary COPY: bytes behind a numeric");
  const int before = (weight + 1) * 4;  // decimal digits before the point
  std::string whole, fraction;
  for (int i = 0; i < std::max(before, 1); ++i) {
    whole += before > 0 && i < static_cast<int>(digits.size()) ? digits[static_cast<std::size_t>(i)] : '0';
  }
  for (int i = before; i < before + scale; ++i) {
    fraction += i >= 0 && i < static_cast<int>(digits.size()) ? digits[static_cast<std::size_t>(i)] : '0';
  }
  for (std::size_t i = static_cast<std::size_t>(std::max(before + scale, 0)); i < digits.size(); ++i) {
    if (digits[i] != '0') throw std::runtime_error("binary COPY: digits beyond the scale of a numeric");
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  if (sign != 0 && sign != 0x4000) throw std::runtime_error("binary COPY: the sign of a numeric");
  return (sign == 0x4000 ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
}

std::string value_text(std::uint32_t oid, std::string_view bytes) {
  Reader value(bytes);
  const auto whole = [&](auto text) {
    if (!value.at_end()) throw std::runtime_error("binary COPY: bytes behind a value");
    return text;
  };
  switch (oid) {
    case 16:
      return whole(std::string(value.take<std::int8_t>() != 0 ? "t" : "f"));
    case 20:
      return whole(std::to_string(value.take<std::int64_t>()));
    case 21:
      return whole(std::to_string(value.take<std::int16_t>()));
    case 23:
      return whole(std::to_string(value.take<std::int32_t>()));
    case 700:
      return whole(fmt::format("{}", std::bit_cast<float>(value.take<std::uint32_t>())));
    case 701:
      return whole(fmt::format("{}", std::bit_cast<double>(value.take<std::uint64_t>())));
    case 1082:
      return whole(date_text(value.take<std::int32_t>()));
    case 1083:
      return whole(clock_text(value.take<std::int64_t>()));
    case 1114:
      return whole(timestamp_text(value.take<std::int64_t>()));
    case 1184:
      return whole(timestamp_text(value.take<std::int64_t>()) + "+00");
    case 1266: {
      const std::string clock = clock_text(value.take<std::int64_t>());
      const int east = -value.take<std::int32_t>();
      return whole(
          fmt::format("{}{}{:02}:{:02}", clock, east < 0 ? '-' : '+', std::abs(east) / 3600, std::abs(east) / 60 % 60));
    }
    case 1700:
      return numeric_text(value);
    default:
      if (!is_utf8(bytes)) throw std::runtime_error("binary COPY: text that is no UTF-8");
      return text_of(bytes);
  }
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

TargetColumn column_of(std::string_view definition) {
  definition = trimmed(definition);
  const auto space = definition.find(' ');
  TargetColumn column{.name = std::string(definition.substr(0, space)), .type_oid = 0, .default_expression = {}};
  const std::string_view rest = trimmed(definition.substr(space));
  const std::string_view type = rest.substr(0, rest.find_first_of(" ("));
  const auto* const known = std::ranges::find(kTypes, type, &Type::name);
  if (known == kTypes.end()) throw std::runtime_error(fmt::format("no type {}", type));
  column.type_oid = known->oid;
  if (const auto open = rest.find('('); open != std::string_view::npos) {
    const std::string arguments(rest.substr(open + 1, rest.find(')') - open - 1));
    const int first = std::stoi(arguments);
    const auto comma = arguments.find(';');
    const int scale = comma == std::string::npos ? 0 : std::stoi(arguments.substr(comma + 1));
    column.type_modifier = known->oid == 1700 ? (first << 16 | scale) + 4 : first + 4;
  }
  column.not_null = rest.find("not null") != std::string_view::npos;
  if (const auto at = rest.find(" default"); at != std::string_view::npos) {
    column.default_expression = "0";
    const std::string_view literal = rest.substr(std::min(rest.size(), at + std::string_view(" default '").size()));
    if (!literal.empty()) column.default_value = literal.substr(0, literal.find('\''));
  }
  column.identity = rest.find(" identity") != std::string_view::npos;
  column.identity_by_default = rest.find(" by default identity") != std::string_view::npos;
  if (column.identity_by_default) column.default_expression.reset();
  return column;
}

}  // namespace

TargetTable table_of(std::string_view columns) {
  TargetTable table{.schema = "public", .name = "t", .oid = 1, .columns = {}};
  // commas within parentheses separate no columns
  std::string text(columns);
  int depth = 0;
  for (char& c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth > 0) c = ';';
  }
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    table.columns.push_back(column_of(std::string_view(text).substr(from, comma - from)));
    from = comma + 1;
  }
  return table;
}

std::string text_of(std::string_view bytes) {
  const bool utf8 = is_utf8(bytes);
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8) ? fmt::format("<{:02X}>", byte) : std::string(1, c);
  }
  return text;
}

void DecodingSink::begin(const std::vector<std::string>& names) {
  columns = names;
  ++begun;
}

void DecodingSink::write(std::span<const std::byte> binary_copy) {
  bytes_.append(reinterpret_cast<const char*>(binary_copy.data()), binary_copy.size());
}

void DecodingSink::finish() {
  ++finished;
  Reader reader(bytes_);
  if (reader.take_bytes(11) != std::string_view("PGCOPY\n\377\r\n\0", 11)) throw std::runtime_error("no signature");
  if (reader.take<std::int32_t>() != 0 || reader.take<std::int32_t>() != 0) throw std::runtime_error("flags");
  if (!bytes_.ends_with("\377\377")) throw std::runtime_error("no trailer");
  std::vector<TargetColumn> sent;
  for (const std::string& name : columns) sent.push_back(*std::ranges::find(table_.columns, name, &TargetColumn::name));
  rows = decode_rows(std::string_view(bytes_).substr(19, bytes_.size() - 21), sent);
}

std::vector<std::string> decode_rows(std::string_view bytes, const std::vector<TargetColumn>& columns) {
  std::vector<std::string> rows;
  for (Reader reader(bytes); !reader.at_end();) {
    if (reader.take<std::int16_t>() != static_cast<std::int16_t>(columns.size()))
      throw std::runtime_error("field count");
    std::string row;
    for (const TargetColumn& column : columns) {
      if (&column != columns.data()) row += '|';
      const auto size = reader.take<std::int32_t>();
      row += size < 0 ? "NULL" : value_text(column.type_oid, reader.take_bytes(static_cast<std::size_t>(size)));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace penstock::endpoint::testing
