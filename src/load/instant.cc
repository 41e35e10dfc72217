#include "load/instant.h"

#include <fmt/format.h>

#include "penstock/load.h"

namespace penstock {
namespace {

using namespace std::chrono;

// Reads left to right; whatever fails makes everything after it fail.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  int digits(std::size_t count) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = peek();
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
      ++at_;
    }
    return value;
  }
  void one_of(std::string_view choices) noexcept {
    if (text_.size() <= at_ || choices.find(text_[at_]) == std::string_view::npos) {
      fail();
    } else {
      ++at_;
    }
  }
  // Microseconds of a fraction that starts at its point; 0 where there is none.
  microseconds fraction() noexcept {
    if (peek() != '.') return {};
    ++at_;
    int value = 0;
    std::size_t count = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_, ++count) {
      if (count < 6) value = value * 10 + (peek() - '0');
      if (count >= 6 && peek() != '0') fail();
    }
    if (count == 0) fail();
    for (; count < 6; ++count) value *= 10;
    return microseconds(value);
  }
  year_month_day date() noexcept {
    const int y = digits(4);
    one_of("-");
    const int m = digits(2);
    one_of("-");
    const int d = digits(2);
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (y < 1 || !date.ok()) fail();
    return date;
  }
  microseconds time_of_day() noexcept {
    const int h = digits(2);
    one_of(":");
    const int m = digits(2);
    one_of(":");
    const int s = digits(2);
    if (h > 23 || m > 59 || s > 59) fail();
    return hours(h) + minutes(m) + seconds(s) + fraction();
  }
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip() noexcept { ++at_; }
  int fail() noexcept {
    failed_ = true;
    return 0;
  }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

std::string spell(Instant instant, char between, std::string_view end) {
  const auto midnight = floor<days>(instant);
  const year_month_day date(midnight);
  const hh_mm_ss time(instant - midnight);
  std::string out = fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), between,
                                time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds() != microseconds(0)) {
    out += fmt::format(".{:06}", time.subseconds().count());
    while (out.ends_with('0')) out.pop_back();
  }
  return out.append(end);
}

}  // namespace

std::optional<SpelledInstant> read_rfc3339(std::string_view text) noexcept {
  Cursor in(text);
  const year_month_day date = in.date();
  in.one_of("Tt");
  const microseconds time = in.time_of_day();
  const char zone = in.peek();
  minutes offset(0);
  in.one_of("Zz+-");
  if (zone == '+' || zone == '-') {
    const int h = in.digits(2);
    in.one_of(":");
    const int m = in.digits(2);
    if (h > 23 || m > 59) in.fail();
    offset = hours(h) + minutes(m);
    if (zone == '-') offset = -offset;
  }
  if (in.failed()) return std::nullopt;
  return SpelledInstant{sys_days(date) + time - offset, in.at()};
}

std::string to_rfc3339(Instant instant) { return spell(instant, 'T', "Z"); }
std::string to_sql(Instant instant) { return spell(instant, ' ', ""); }

std::optional<Instant> read_sql_instant(std::string_view text) noexcept {
  Cursor in(text);
  const year_month_day date = in.date();
  if (in.at_end() && !in.failed()) return sys_days(date);
  in.one_of(" T");
  const microseconds time = in.time_of_day();
  seconds offset(0);
  if (const char sign = in.peek(); sign == '+' || sign == '-') {
    in.skip();
    offset = hours(in.digits(2));
    for (int part = 0; part < 2 && in.peek() == ':'; ++part) {
      in.skip();
      offset += part == 0 ? seconds(minutes(in.digits(2))) : seconds(in.digits(2));
    }
    if (sign == '-') offset = -offset;
  }
  if (in.failed() || !in.at_end()) return std::nullopt;
  return sys_days(date) + time - offset;
}

std::optional<Instant> parse_data_date(std::string_view text) noexcept {
  const auto spelled = read_rfc3339(text);
  if (!spelled || spelled->length != text.size()) return std::nullopt;
  return spelled->instant;
}

}  // namespace penstock
