// Hours and days of a time zone, as ranges of instants.
//
// A clock that is put back shows an hour twice: the local hour then stands for both occurrences, one range of two real
// hours. Ranges never overlap and leave no gap: two instants either share their range or their ranges are disjoint.
//
// Threads: any. Errors: invalid, for a name that the system's time zone database has not.
#pragma once

#include <chrono>
#include <string>

#include "load/instant.h"

namespace penstock {

enum class PeriodLength { hour, day };

void require_time_zone(const std::string& name);

// The period that the instant lies in, from its first real moment to the first of the next.
InstantRange period_of(Instant instant, PeriodLength length, const std::string& time_zone);
// The date on the zone's calendars.
std::chrono::sys_days local_date(Instant instant, const std::string& time_zone);

}  // namespace penstock
