// The guard: may these data be loaded into that table, and what must give way to them?
//
// Pure: the cases in guard_test.cc are its specification.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "load/instant.h"
#include "penstock/load.h"

namespace penstock {

// What is compared. A data date column of type date has no instants: its days are those of the time zone.
enum class DateColumn { timestamp, date };

struct GuardQuestion {
  Instant data_date;
  std::optional<Instant> watermark{};  // newest value of the data date column; nullopt: the table has none
  DateColumn column = DateColumn::timestamp;
  Granularity granularity = Granularity::instant;
  std::string time_zone = "UTC";
  bool force = false;
  bool truncate = false;
};

struct Skip {
  std::string reason;
};
struct Append {};
// The rows of a period, or of exactly one data date, give way.
struct ReplacePeriod {
  InstantRange column;      // of the data date column
  InstantRange data_dates;  // of the loads whose rows these are
};
struct ReplaceAll {};
using Decision = std::variant<Skip, Append, ReplacePeriod, ReplaceAll>;

Decision decide(const GuardQuestion& question);

// Which data dates --catch-up has to look at: those that decide() would not skip.
bool is_stale(const GuardQuestion& question);

// Where the rows of these data must end, as a value of the data date column: rows beyond their hour or day would be
// replaced, unseen, by the next one's load. nullopt where nothing says so: no periods; all rows are replaced; or rows
// beyond it are in the table already.
std::optional<Instant> end_of_period(const GuardQuestion& question, const Decision& decision);

}  // namespace penstock
