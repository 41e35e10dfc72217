// Dates and times of any text, by any format: what is read is a date and a time of day, and 'auto' reads what the
// default formats read as they do. The first line is the format.
#include <cstddef>
#include <cstdlib>

#include "endpoint/copy/datetime.h"
#include "endpoint/sql/sql_error.h"

using namespace penstock::endpoint;

namespace {

std::optional<DateTimeParts> sound(const std::optional<DateTimeParts>& parts) {
  if (!parts) return parts;
  // A leap second is of the next day, fraction and all.
  if (parts->micros < 0 || parts->micros > kMicrosPerDay + kMicrosPerSecond) std::abort();
  if (parts->has_date && (parts->month < 1 || parts->month > 12 || parts->day < 1 || parts->day > 31)) std::abort();
  static_cast<void>(parts->utc());
  return parts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(bytes.find('\n'), size);
  const std::string_view text = bytes.substr(std::min(line + 1, size));
  sound(parse_iso_date(text));
  sound(parse_iso_timestamp_offset(text));
  sound(parse_clock(text, true));
  static_cast<void>(parse_epoch(text, 1000));
  const auto any = sound(parse_any_datetime(text));
  if (const auto iso = sound(parse_iso_timestamp(text)); iso && (!any || any->local() != iso->local())) std::abort();
  try {
    sound(DateTimeFormat("TIMEFORMAT", bytes.substr(0, line)).parse(text));
  } catch (const SqlError&) {  // it is no format
  }
  return 0;
}
