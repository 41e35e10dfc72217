#include "load/period.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <stdexcept>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using std::chrono::microseconds;
using LocalTime = date::local_time<std::chrono::seconds>;

const date::time_zone& zone_named(const std::string& name) {
  try {
    return *date::locate_zone(name);
  } catch (const std::exception&) {
    throw Error(
        ErrorKind::invalid,
        fmt::format("no time zone '{}': an IANA name is wanted, such as UTC or Europe/Berlin", printable(name)));
  }
}

// The first moment at or after which the zone's clocks never again show less than `local`, as far as one change of
// the clocks goes; false in `clean` when they were put back from beyond `local` to before it.
struct Boundary {
  std::chrono::sys_seconds at;
  bool clean = true;
};
Boundary boundary(const date::time_zone& zone, LocalTime local) {
  const date::local_info info = zone.get_info(local);
  switch (info.result) {
    case date::local_info::nonexistent:
      return {info.first.end, true};  // skipped: the moment of the jump
    case date::local_info::ambiguous: {
      const std::chrono::sys_seconds again{local.time_since_epoch() - info.second.offset};
      return {std::chrono::sys_seconds{local.time_since_epoch() - info.first.offset}, again == info.second.begin};
    }
    default:
      return {std::chrono::sys_seconds{local.time_since_epoch() - info.first.offset}, true};
  }
}

}  // namespace

void require_time_zone(const std::string& name) { zone_named(name); }

InstantRange period_of(Instant instant, PeriodLength length, const std::string& time_zone) {
  const date::time_zone& zone = zone_named(time_zone);
  const auto second = std::chrono::floor<std::chrono::seconds>(instant);
  const LocalTime local = zone.to_local(second);
  const std::chrono::seconds step = length == PeriodLength::hour ? std::chrono::hours(1) : std::chrono::hours(24);
  LocalTime start = length == PeriodLength::hour ? LocalTime(date::floor<std::chrono::hours>(local))
                                                 : LocalTime(date::floor<date::days>(local));
  LocalTime end = start + step;
  Boundary from = boundary(zone, start);
  while (!from.clean || from.at > second) from = boundary(zone, start -= step);
  Boundary to = boundary(zone, end);
  while (!to.clean || to.at <= second) to = boundary(zone, end += step);
  return {from.at, to.at};
}

std::chrono::sys_days local_date(Instant instant, const std::string& time_zone) {
  const auto local = zone_named(time_zone).to_local(std::chrono::floor<std::chrono::seconds>(instant));
  return std::chrono::sys_days(std::chrono::floor<date::days>(local).time_since_epoch());
}

}  // namespace penstock
