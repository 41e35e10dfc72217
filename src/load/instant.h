// Points in time: as keys spell them (RFC 3339), as people read them, and as SQL takes and gives them.
//
// Everything is UTC and has the precision of Redshift's timestamp, a microsecond.
//
// Errors: none; what is no instant is nullopt.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// [from, to)
struct InstantRange {
  Instant from;
  Instant to;

  [[nodiscard]] bool contains(Instant instant) const noexcept { return from <= instant && instant < to; }
  bool operator==(const InstantRange&) const = default;
};

struct SpelledInstant {
  Instant instant;
  std::size_t length = 0;  // of the spelling
};

// The RFC 3339 date that the text starts with: 2015-07-01T00:00:00Z, 2015-07-01T02:00:00.5+02:00. Years from 1 to 9999.
// A fraction finer than a microsecond is no data date: cut to one it could equal another's.
std::optional<SpelledInstant> read_rfc3339(std::string_view text) noexcept;

std::string to_rfc3339(Instant instant);  // 2015-07-01T00:00:00Z, with a fraction only where there is one
// 2015-07-01 00:00:00, likewise: for a timestamp, or a timestamptz of a session in UTC
std::string to_sql(Instant instant);
// A date, timestamp or timestamptz as the server prints it in datestyle ISO; a date is its midnight.
std::optional<Instant> read_sql_instant(std::string_view text) noexcept;

}  // namespace penstock
