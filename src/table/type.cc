#include "table/type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "table/config.h"

namespace penstock::table {
namespace {

using redshift::Sql;
using redshift::Statement;

constexpr int kMaxCharacter = 4096;
constexpr int kMaxVarchar = 65535;
constexpr int kMaxVarbyte = 16'777'216;
constexpr int kMaxPrecision = 38;
constexpr int kMaxScale = 37;

enum class Takes { nothing, length, precision };

struct Spelling {
  std::string_view words;
  TypeName name;
  Takes takes = Takes::nothing;
  int length = 0;      // where none is given
  int max_length = 0;  // and what MAX means
};

constexpr auto kSpellings = std::to_array<Spelling>({
    {"boolean", TypeName::boolean},
    {"bool", TypeName::boolean},
    {"smallint", TypeName::smallint},
    {"int2", TypeName::smallint},
    {"integer", TypeName::integer},
    {"int", TypeName::integer},
    {"int4", TypeName::integer},
    {"bigint", TypeName::bigint},
    {"int8", TypeName::bigint},
    {"numeric", TypeName::numeric, Takes::precision},
    {"decimal", TypeName::numeric, Takes::precision},
    {"real", TypeName::real},
    {"float4", TypeName::real},
    {"double precision", TypeName::double_precision},
    {"float8", TypeName::double_precision},
    {"float", TypeName::double_precision},
    {"character", TypeName::character, Takes::length, 1, kMaxCharacter},
    {"char", TypeName::character, Takes::length, 1, kMaxCharacter},
    {"nchar", TypeName::character, Takes::length, 1, kMaxCharacter},
    {"bpchar", TypeName::character, Takes::nothing, 256},
    {"character varying", TypeName::varchar, Takes::length, 256, kMaxVarchar},
    {"varchar", TypeName::varchar, Takes::length, 256, kMaxVarchar},
    {"nvarchar", TypeName::varchar, Takes::length, 256, kMaxVarchar},
    {"text", TypeName::varchar, Takes::nothing, 256},
    {"longtext", TypeName::varchar, Takes::nothing, kMaxVarchar},
    {"date", TypeName::date},
    {"time", TypeName::time},
    {"time without time zone", TypeName::time},
    {"timetz", TypeName::timetz},
    {"time with time zone", TypeName::timetz},
    {"timestamp", TypeName::timestamp},
    {"timestamp without time zone", TypeName::timestamp},
    {"timestamptz", TypeName::timestamptz},
    {"timestamp with time zone", TypeName::timestamptz},
    {"interval year to month", TypeName::interval_year_to_month},
    {"interval day to second", TypeName::interval_day_to_second},
    {"super", TypeName::super},
    {"varbyte", TypeName::varbyte, Takes::length, 64000, kMaxVarbyte},
    {"varbinary", TypeName::varbyte, Takes::length, 64000, kMaxVarbyte},
    {"binary varying", TypeName::varbyte, Takes::length, 64000, kMaxVarbyte},
    {"geometry", TypeName::geometry},
    {"geography", TypeName::geography},
    {"hllsketch", TypeName::hllsketch},
});

Sql base_of(TypeName name) {
  switch (name) {
    case TypeName::boolean:
      return "boolean";
    case TypeName::smallint:
      return "smallint";
    case TypeName::integer:
      return "integer";
    case TypeName::bigint:
      return "bigint";
    case TypeName::numeric:
      return "numeric";
    case TypeName::real:
      return "real";
    case TypeName::double_precision:
      return "double precision";
    case TypeName::character:
      return "character";
    case TypeName::varchar:
      return "character varying";
    case TypeName::date:
      return "date";
    case TypeName::time:
      return "time without time zone";
    case TypeName::timetz:
      return "time with time zone";
    case TypeName::timestamp:
      return "timestamp without time zone";
    case TypeName::timestamptz:
      return "timestamp with time zone";
    case TypeName::interval_year_to_month:
      return "interval year to month";
    case TypeName::interval_day_to_second:
      return "interval day to second";
    case TypeName::super:
      return "super";
    case TypeName::varbyte:
      return "binary varying";
    case TypeName::geometry:
      return "geometry";
    case TypeName::geography:
      return "geography";
    case TypeName::hllsketch:
      break;
  }
  return "hllsketch";
}

// "character  varying ( 10 )" is the words "character varying" and the argument "10".
struct Parts {
  std::string words;
  std::vector<std::string> arguments;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::optional<Parts> parts_of(std::string_view text) {
  Parts parts;
  const std::string lowered = lower(text);
  const auto open = lowered.find('(');
  parts.words = collapsed(std::string_view(lowered).substr(0, open));
  if (open == std::string::npos) return parts;
  const std::string rest = collapsed(std::string_view(lowered).substr(open + 1));
  if (!rest.ends_with(')')) return std::nullopt;
  std::string_view inside(rest.data(), rest.size() - 1);
  while (true) {
    const auto comma = inside.find(',');
    parts.arguments.push_back(collapsed(inside.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    inside.remove_prefix(comma + 1);
  }
}

std::optional<int> number_between(int least, int most, std::string_view text) {
  int value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

std::optional<Type> with_length(Type type, const Spelling& spelling, const std::vector<std::string>& arguments) {
  if (arguments.empty()) return type;
  if (arguments.size() > 1) return std::nullopt;
  if (arguments[0] == "max") {
    type.length = spelling.max_length;
    return type;
  }
  const auto length = number_between(1, spelling.max_length, arguments[0]);
  if (!length) return std::nullopt;
  type.length = *length;
  return type;
}

std::optional<Type> with_precision(Type type, const std::vector<std::string>& arguments) {
  type.precision = 18;
  if (arguments.empty()) return type;
  if (arguments.size() > 2) return std::nullopt;
  const auto precision = number_between(1, kMaxPrecision, arguments[0]);
  if (!precision) return std::nullopt;
  type.precision = *precision;
  if (arguments.size() == 1) return type;
  const auto scale = number_between(0, std::min(kMaxScale, *precision), arguments[1]);
  if (!scale) return std::nullopt;
  type.scale = *scale;
  return type;
}

bool has_length(const Type& type) {
  return type.name == TypeName::character || type.name == TypeName::varchar || type.name == TypeName::varbyte;
}

}  // namespace

std::optional<Type> parse_type(std::string_view text) {
  const auto parts = parts_of(text);
  if (!parts) return std::nullopt;
  const auto* const spelling = std::ranges::find(kSpellings, parts->words, &Spelling::words);
  if (spelling == kSpellings.end()) return std::nullopt;
  const Type type{.name = spelling->name, .length = spelling->length};
  switch (spelling->takes) {
    case Takes::length:
      return with_length(type, *spelling, parts->arguments);
    case Takes::precision:
      return with_precision(type, parts->arguments);
    case Takes::nothing:
      break;
  }
  return parts->arguments.empty() ? std::optional(type) : std::nullopt;
}

Statement ddl_of(const Type& type) {
  Statement ddl = base_of(type.name);
  if (has_length(type)) ddl << "(" << type.length << ")";
  if (type.name == TypeName::numeric) ddl << "(" << type.precision << "," << type.scale << ")";
  return ddl;
}

std::string to_string(const Type& type) { return ddl_of(type).text(); }

std::optional<std::string> canonical_type(std::string_view type) {
  const auto parsed = parse_type(type);
  if (!parsed) return std::nullopt;
  return to_string(*parsed);
}

bool is_integer(const Type& type) noexcept {
  return type.name == TypeName::smallint || type.name == TypeName::integer || type.name == TypeName::bigint;
}

bool can_be_key(const Type& type) noexcept {
  switch (type.name) {
    case TypeName::super:
    case TypeName::varbyte:
    case TypeName::geometry:
    case TypeName::geography:
    case TypeName::hllsketch:
      return false;
    default:
      return true;
  }
}

bool can_hold_data_date(const Type& type) noexcept {
  return type.name == TypeName::date || type.name == TypeName::timestamp || type.name == TypeName::timestamptz;
}

}  // namespace penstock::table
