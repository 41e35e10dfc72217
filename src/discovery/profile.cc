#include "discovery/profile.h"

#include <fmt/format.h>

#include <bit>
#include <optional>
#include <utility>

#include "base/text.h"
#include "discovery/discover.h"

namespace penstock::discovery {
namespace {

using table::Type;
using table::TypeName;

constexpr std::size_t kMostDigits = 38;    // of a decimal
constexpr std::size_t kFewDigits = 18;     // that fit into half of what a large one takes, whatever they are
constexpr std::size_t kExactDigits = 15;   // of a whole number that a double holds as it is
constexpr std::size_t kDoubleDigits = 17;  // that tell one double from any other
constexpr std::size_t kMoreDigits = 6;     // room for them before the point

Resolved both(const Type& type, std::string why) { return {.tight = type, .roomy = type, .why = std::move(why)}; }

// 'x' in data.csv line 7 …
std::string seen(const Sighting& sighting, std::string_view what) {
  return fmt::format("'{}' in {} line {} {}", printable(sighting.value), printable(sighting.input), sighting.line,
                     what);
}

Type varchar_of(std::size_t bytes) {
  return {.name = TypeName::varchar, .length = static_cast<int>(std::clamp(bytes, std::size_t{1}, kMostBytes))};
}

Resolved text(const Profile& profile, std::string why) {
  return {.tight = varchar_of(profile.bytes()), .roomy = varchar_for(profile.bytes()), .why = std::move(why)};
}

Type numeric(std::size_t precision, std::size_t scale) {
  // of 19 digits not every number fits: they are kept in 64 bits
  if (precision == kFewDigits + 1) ++precision;
  return {.name = TypeName::numeric, .precision = static_cast<int>(precision), .scale = static_cast<int>(scale)};
}

// --- numbers

Resolved double_or_text(const Profile& profile, const Sighting& because, std::string_view what) {
  const bool has_long_whole =
      profile.has(Kind::wide) || (profile.has(Kind::int8) && profile.whole_digits() > kExactDigits);
  if (has_long_whole) {
    const Kind kind = profile.has(Kind::wide) ? Kind::wide : Kind::int8;
    return text(profile,
                seen(because, what) + ", and " + seen(profile.first(kind), "has more digits than a double keeps"));
  }
  if (profile.digits() > kDoubleDigits) {
    return text(profile, seen(because, what) + fmt::format(", and there are numbers of {} digits, more than a double "
                                                           "keeps",
                                                           profile.digits()));
  }
  return both({.name = TypeName::double_precision}, seen(because, what));
}

Resolved decimal(const Profile& profile) {
  const std::size_t whole = profile.whole_digits();
  const std::size_t scale = profile.fraction_digits();
  const Sighting& first = profile.first(Kind::decimal);
  if (whole + scale > kMostDigits) {
    return double_or_text(
        profile, first,
        fmt::format("has a point, and {} digits before it and {} behind it are more than a decimal's", whole, scale));
  }
  const std::size_t roomy = whole + kMoreDigits + scale <= kFewDigits ? kFewDigits : kMostDigits;
  return {.tight = numeric(std::max(whole + scale, std::size_t{1}), scale),
          .roomy = numeric(roomy, scale),
          .why = seen(first, "has a point")};
}

Resolved whole_number(const Profile& profile) {
  constexpr std::size_t kSmall = 8;  // ten times as much is an integer still
  const Type bigint{.name = TypeName::bigint};
  const Type integer{.name = TypeName::integer};
  if (profile.has(Kind::wide)) {
    return {.tight = numeric(profile.whole_digits(), 0),
            .roomy = numeric(kMostDigits, 0),
            .why = seen(profile.first(Kind::wide), "is no bigint")};
  }
  if (profile.has(Kind::int8)) return both(bigint, seen(profile.first(Kind::int8), "is no integer"));
  const Type roomy = profile.whole_digits() > kSmall ? bigint : integer;
  if (profile.has(Kind::int4)) {
    return {.tight = integer, .roomy = roomy, .why = seen(profile.first(Kind::int4), "is no smallint")};
  }
  return {.tight = {.name = TypeName::smallint}, .roomy = roomy, .why = "all values are whole numbers"};
}

Resolved number(const Profile& profile) {
  if (profile.has(Kind::no_number)) {
    const Sighting& first = profile.first(Kind::no_number);
    if (profile.has_only(Kind::no_number)) return text(profile, seen(first, "stands there without any number"));
    return double_or_text(profile, first, "is of a double only");
  }
  if (profile.has(Kind::exponent)) return double_or_text(profile, profile.first(Kind::exponent), "has an exponent");
  return profile.has(Kind::decimal) ? decimal(profile) : whole_number(profile);
}

bool is_number(Kind kind) { return kind >= Kind::int2 && kind <= Kind::no_number; }
bool is_day(Kind kind) { return kind == Kind::date || kind == Kind::timestamp; }

bool share_a_type(Kind a, Kind b) { return a == b || (is_number(a) && is_number(b)) || (is_day(a) && is_day(b)); }

std::string in_words(Kind kind) {
  if (is_number(kind)) return "a number";
  switch (kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::date:
      return "a date";
    case Kind::time:
      return "a time";
    case Kind::timestamp:
      return "a time of a day without a zone";
    case Kind::timestamptz:
      return "a time of a day with a zone";
    default:
      return "text";
  }
}

// Values of kinds that no type but text takes together: the first of them, and the first that it doesn't go with.
std::optional<std::string> conflict(const Profile& profile) {
  std::optional<Kind> first;
  std::optional<Kind> other;
  const auto is_before = [&](Kind a, const std::optional<Kind>& b) {
    return !b || profile.first(a).place < profile.first(*b).place;
  };
  const auto each = [&](auto use) {
    for (std::size_t i = 0; i < kKinds; ++i) {
      const auto kind = static_cast<Kind>(i);
      if (kind != Kind::empty && profile.has(kind)) use(kind);
    }
  };
  each([&](Kind kind) {
    if (is_before(kind, first)) first = kind;
  });
  each([&](Kind kind) {
    if (!share_a_type(*first, kind) && is_before(kind, other)) other = kind;
  });
  if (!other) return std::nullopt;
  return seen(profile.first(*other), fmt::format("is {}, and ", in_words(*other))) +
         seen(profile.first(*first), "is " + in_words(*first));
}

Resolved day(const Profile& profile) {
  if (profile.has(Kind::timestamp)) {
    return both({.name = TypeName::timestamp}, seen(profile.first(Kind::timestamp), "has a time of the day"));
  }
  return both({.name = TypeName::date}, "all values are dates");
}

}  // namespace

table::Type varchar_for(std::uint64_t longest) {
  constexpr std::size_t kLeast = 16;
  return varchar_of(std::max(kLeast, std::bit_ceil(2 * std::min(std::size_t{longest}, kMostBytes))));
}

void Profile::sight(Kind kind, Sighting sighting) {
  Sighting& first = first_.at(static_cast<std::size_t>(kind));
  if (sighting.place < first.place) first = std::move(sighting);
}

void Profile::sight_too_long(Sighting sighting) {
  if (sighting.place < too_long_.place) too_long_ = std::move(sighting);
}

void Profile::merge(const Profile& other) {
  seen_ |= other.seen_;
  whole_digits_ = std::max(whole_digits_, other.whole_digits_);
  fraction_digits_ = std::max(fraction_digits_, other.fraction_digits_);
  digits_ = std::max(digits_, other.digits_);
  bytes_ = std::max(bytes_, other.bytes_);
  nulls_ += other.nulls_;
  empties_ += other.empties_;
  for (std::size_t i = 0; i < kKinds; ++i) sight(static_cast<Kind>(i), other.first_.at(i));
  sight_too_long(other.too_long_);
}

Resolved resolve(const Profile& profile) {
  if (profile.has_only(Kind::empty)) {
    constexpr int kUnknown = 256;
    return both({.name = TypeName::varchar, .length = kUnknown}, "no value was seen");
  }
  if (profile.has(Kind::nested)) {
    return both({.name = TypeName::super}, seen(profile.first(Kind::nested), "is an object or array"));
  }
  if (profile.has(Kind::text)) return text(profile, seen(profile.first(Kind::text), "is text"));
  if (auto why = conflict(profile)) return text(profile, *std::move(why));
  if (profile.has(Kind::boolean)) return both({.name = TypeName::boolean}, "all values are true or false");
  if (profile.has(Kind::timestamptz)) {
    return both({.name = TypeName::timestamptz}, seen(profile.first(Kind::timestamptz), "has a time and a zone"));
  }
  if (profile.has(Kind::time)) return both({.name = TypeName::time}, "all values are times of a day");
  if (profile.has(Kind::date) || profile.has(Kind::timestamp)) return day(profile);
  return number(profile);
}

}  // namespace penstock::discovery
