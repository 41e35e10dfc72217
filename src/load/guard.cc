#include "load/guard.h"

#include <fmt/format.h>

#include "load/period.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;

bool has_periods(Granularity granularity) noexcept {
  return granularity == Granularity::hour || granularity == Granularity::day;
}

PeriodLength length_of(Granularity granularity) noexcept {
  return granularity == Granularity::hour ? PeriodLength::hour : PeriodLength::day;
}

// The day of the date column that these data belong to, as the column's value at midnight.
InstantRange column_day(const GuardQuestion& question) {
  const auto day = local_date(question.data_date, question.time_zone);
  return {day, day + std::chrono::days(1)};
}

// What gives way to the data of this date.
ReplacePeriod replaced_by(const GuardQuestion& question) {
  if (question.column == DateColumn::date) {
    return {column_day(question), period_of(question.data_date, PeriodLength::day, question.time_zone)};
  }
  if (has_periods(question.granularity)) {
    const auto period = period_of(question.data_date, length_of(question.granularity), question.time_zone);
    return {period, period};
  }
  const InstantRange exactly{question.data_date, question.data_date + 1us};
  return {exactly, exactly};
}

std::string_view name_of(Granularity granularity) noexcept { return granularity == Granularity::hour ? "hour" : "day"; }

}  // namespace

bool is_stale(const GuardQuestion& question) {
  if (!question.watermark) return false;
  if (!has_periods(question.granularity)) return question.data_date <= *question.watermark;
  // The watermark's period begins after all of the data's.
  return replaced_by(question).column.to <= *question.watermark;
}

Decision decide(const GuardQuestion& question) {
  if (!question.force && is_stale(question)) {
    const std::string periods =
        has_periods(question.granularity)
            ? fmt::format(" of an older {} ({}) than", name_of(question.granularity), question.time_zone)
            : std::string(" not newer than");
    return Skip{fmt::format("stale: its data date {} is{} the newest row's, {}", to_rfc3339(question.data_date),
                            periods, to_rfc3339(*question.watermark))};
  }
  if (question.truncate) return ReplaceAll{};
  if (question.force) return replaced_by(question);
  if (!has_periods(question.granularity) || !question.watermark) return Append{};
  const ReplacePeriod period = replaced_by(question);
  if (*question.watermark < period.column.from) return Append{};
  return period;
}

std::optional<Instant> end_of_period(const GuardQuestion& question, const Decision& decision) {
  if (!has_periods(question.granularity) || std::holds_alternative<ReplaceAll>(decision)) return std::nullopt;
  const Instant end = replaced_by(question).column.to;
  if (question.watermark && *question.watermark >= end) return std::nullopt;
  return end;
}

}  // namespace penstock
