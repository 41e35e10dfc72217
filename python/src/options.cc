#include "options.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string_view>

#include "base/utf8.h"
#include "penstock/load.h"

namespace penstock::python {
namespace {

constexpr std::size_t kShown = 80;  // characters of a value in a message

nb::object datetime(const char* name) { return nb::module_::import_("datetime").attr(name); }

Moment moment_of(nb::handle aware) {
  const nb::object utc = datetime("timezone").attr("utc");
  const nb::object since = aware - datetime("datetime")(1970, 1, 1, 0, 0, 0, 0, utc);
  const auto days = nb::cast<std::int64_t>(since.attr("days"));
  const auto seconds = nb::cast<std::int64_t>(since.attr("seconds"));
  const auto micros = nb::cast<std::int64_t>(since.attr("microseconds"));
  return Moment(std::chrono::days(days) + std::chrono::seconds(seconds) + std::chrono::microseconds(micros));
}

}  // namespace

std::string shown(nb::handle value) {
  const auto text = nb::cast<std::string>(nb::repr(value));
  const std::string_view start = whole_characters(text, kShown);
  return std::string(start) + (start.size() < text.size() ? "…" : "");
}

void read_value(nb::handle value, std::string& into) {
  if (!nb::isinstance<nb::str>(value)) throw BadArgument{"is no text"};
  into = nb::cast<std::string>(value);
}

void read_value(nb::handle value, bool& into) {
  if (!nb::isinstance<nb::bool_>(value)) throw BadArgument{"is neither True nor False"};
  into = nb::cast<bool>(value);
}

void read_value(nb::handle value, char& into) {
  std::string text;
  if (nb::isinstance<nb::str>(value)) text = nb::cast<std::string>(value);
  if (text.size() != 1) throw BadArgument{"is not one ASCII character"};
  into = text.front();
}

void read_value(nb::handle value, std::vector<std::string>& into) {
  if (nb::isinstance<nb::str>(value)) {
    into = {nb::cast<std::string>(value)};
    return;
  }
  if (!nb::isinstance<nb::iterable>(value) || nb::isinstance<nb::bytes>(value)) {
    throw BadArgument{"is neither a text nor several"};
  }
  into.clear();
  for (const nb::handle one : nb::iter(value)) {
    if (!nb::isinstance<nb::str>(one)) throw BadArgument{"has something in it that is no text"};
    into.push_back(nb::cast<std::string>(one));
  }
}

void read_value(nb::handle value, std::chrono::seconds& into) {
  nb::object number = nb::borrow(value);
  if (nb::isinstance(value, datetime("timedelta"))) number = value.attr("total_seconds")();
  const bool is_number =
      !nb::isinstance<nb::bool_>(number) && (nb::isinstance<nb::int_>(number) || nb::isinstance<nb::float_>(number));
  constexpr double kMost = 1e9;
  const double seconds = is_number ? nb::cast<double>(number) : -1;
  if (!(seconds >= 0 && seconds <= kMost)) throw BadArgument{"is neither a number of seconds nor a timedelta"};
  into = std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)));
}

void read_value(nb::handle value, Moment& into) {
  if (nb::isinstance(value, datetime("datetime"))) {
    if (value.attr("utcoffset")().is_none()) {
      throw BadArgument{"does not say of which time zone it is: give it a tzinfo, such as datetime.timezone.utc"};
    }
    into = moment_of(value);
    return;
  }
  if (nb::isinstance(value, datetime("date"))) {
    const nb::object midnight =
        datetime("datetime").attr("combine")(value, datetime("time")(0, 0, 0, 0, datetime("timezone").attr("utc")));
    into = moment_of(midnight);
    return;
  }
  if (nb::isinstance<nb::str>(value)) {
    const auto text = nb::cast<std::string>(value);
    constexpr std::size_t kDate = 10;  // 2014-10-20
    if (const auto read = parse_data_date(text.size() == kDate ? text + "T00:00:00Z" : text)) {
      into = *read;
      return;
    }
  }
  throw BadArgument{
      "is neither a datetime with a time zone, nor a date (its midnight in UTC), nor a text such as 2014-10-20 or "
      "2014-10-20T12:00:00Z"};
}

std::uint64_t read_number(nb::handle value, std::uint64_t most) {
  if (nb::isinstance<nb::int_>(value) && !nb::isinstance<nb::bool_>(value)) {
    std::uint64_t number = 0;
    if (nb::try_cast<std::uint64_t>(value, number) && number <= most) return number;
  }
  throw BadArgument{fmt::format("is no whole number from 0 to {}", most)};
}

int read_enumerator(nb::handle type, nb::handle value) {
  const nb::object members = type.attr("__members__");
  if (nb::isinstance(value, type)) return nb::cast<int>(value.attr("value"));
  if (nb::isinstance<nb::str>(value) && nb::cast<bool>(members.attr("__contains__")(value))) {
    return nb::cast<int>(members[value].attr("value"));
  }
  std::string names;
  for (const nb::handle name : nb::iter(members)) {
    names += (names.empty() ? "" : ", ") + nb::cast<std::string>(nb::str(name));
  }
  throw BadArgument{fmt::format("is none of {}", names)};
}

}  // namespace penstock::python
