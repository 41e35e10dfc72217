#include "table/postgres_type.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace penstock::table {
namespace {

constexpr int kLongestText = 65'535;
constexpr int kLongestBytes = 1'024'000;

Type text_of(const std::vector<int>& characters) {
  constexpr int kBytesOfCharacter = 4;
  if (characters.size() != 1 || characters[0] > kLongestText / kBytesOfCharacter) {
    return {.name = TypeName::varchar, .length = kLongestText};
  }
  return {.name = TypeName::varchar, .length = kBytesOfCharacter * characters[0]};
}

struct Known {
  std::string_view kind;
  Type type;
};

const std::array kKnown{
    Known{"smallint", {.name = TypeName::smallint}},
    Known{"integer", {.name = TypeName::integer}},
    Known{"bigint", {.name = TypeName::bigint}},
    Known{"real", {.name = TypeName::real}},
    Known{"double precision", {.name = TypeName::double_precision}},
    Known{"boolean", {.name = TypeName::boolean}},
    Known{"date", {.name = TypeName::date}},
    Known{"time without time zone", {.name = TypeName::time}},
    Known{"time with time zone", {.name = TypeName::timetz}},
    Known{"timestamp without time zone", {.name = TypeName::timestamp}},
    Known{"timestamp with time zone", {.name = TypeName::timestamptz}},
    Known{"json", {.name = TypeName::super}},
    Known{"jsonb", {.name = TypeName::super}},
    Known{"bytea", {.name = TypeName::varbyte, .length = kLongestBytes}},
    Known{"uuid", {.name = TypeName::varchar, .length = 36}},
    Known{"oid", {.name = TypeName::bigint}},
};

}  // namespace

std::string kind_of_postgres(std::string_view type) {
  const auto open = type.find('(');
  if (open == std::string_view::npos) return std::string(type);
  const auto close = type.find(')', open);
  return std::string(type.substr(0, open)) + std::string(type.substr(std::min(close, type.size() - 1) + 1));
}

std::vector<int> modifiers_of_postgres(std::string_view type) {
  std::vector<int> found;
  const auto open = type.find('(');
  if (open == std::string_view::npos) return found;
  const char* at = type.data() + open + 1;
  const char* const end = type.data() + type.size();
  for (int number = 0;; ++at) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return {};
    found.push_back(number);
    at = next;
    if (at == end || *at != ',') return found;
  }
}

std::optional<Type> type_of_postgres(std::string_view type) {
  const std::string kind = kind_of_postgres(type);
  const auto modifiers = modifiers_of_postgres(type);
  if (kind == "numeric") {
    constexpr int kMostDigits = 38;
    constexpr int kMostDecimals = 37;
    if (modifiers.size() != 2 || modifiers[0] > kMostDigits || modifiers[1] < 0 || modifiers[1] > kMostDecimals ||
        modifiers[1] > modifiers[0]) {
      return std::nullopt;
    }
    return Type{.name = TypeName::numeric, .precision = modifiers[0], .scale = modifiers[1]};
  }
  if (kind == "character varying" || kind == "character") return text_of(modifiers);
  const auto known = std::ranges::find(kKnown, kind, &Known::kind);
  return known != kKnown.end() ? known->type : text_of({});
}

std::string postgres_type_of(const Type& type) {
  switch (type.name) {
    case TypeName::varchar:  // so many characters are at least as many bytes
      return type.length >= kLongestText ? "text" : to_string(type);
    case TypeName::super:
      return "jsonb";
    case TypeName::varbyte:
      return "bytea";
    default:
      return to_string(type);
  }
}

}  // namespace penstock::table
