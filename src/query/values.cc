#include "query/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

std::string_view cast_to(QueryValue::Type type) {
  switch (type) {
    case QueryValue::Type::date:
      return "::date";
    case QueryValue::Type::time:
      return "::time";
    case QueryValue::Type::timestamp:
      return "::timestamp";
    case QueryValue::Type::timestamptz:
      return "::timestamptz";
    case QueryValue::Type::interval:
      return "::interval";
    case QueryValue::Type::numeric:
      return "::numeric";
    case QueryValue::Type::float8:
      return "::float8";
    case QueryValue::Type::none:
      break;
  }
  return "";
}

bool is_number(std::string_view text) {
  if (text == "TRUE" || text == "FALSE") return true;
  const auto digits = [&] {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end;
  };
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  auto count = digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    count += digits();
  }
  if (count == 0) return false;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

class Writer {
 public:
  Writer(const QueryValues& values, const QuoteText& quoted) : values_(values), quoted_(quoted) {}

  std::string write(std::string_view text) {
    if (!values_.by_place.empty() && !values_.by_name.empty()) {
      throw Error(ErrorKind::invalid, "values are given by place and by name: it must be one of both");
    }
    while (!text.empty()) {
      const auto sign = text.find('%');
      out_ += text.substr(0, sign);
      if (sign == std::string_view::npos) break;
      at_ += sign;
      text.remove_prefix(sign);
      const std::size_t length = take_placeholder(text);
      at_ += length;
      text.remove_prefix(length);
    }
    if (next_ < values_.by_place.size()) {
      problems_.push_back(fmt::format("{} values are given, and the text has {} %s", values_.by_place.size(), next_));
    } else if (next_ > values_.by_place.size()) {
      problems_.push_back(fmt::format("the text has {} %s, and {} values are given", next_, values_.by_place.size()));
    }
    if (!problems_.empty()) {
      throw Error(ErrorKind::invalid, fmt::format("a statement and its values: {}", fmt::join(problems_, "; ")));
    }
    return std::move(out_);
  }

 private:
  // text begins with a per cent sign. How much of it that was.
  std::size_t take_placeholder(std::string_view text) {
    if (text.starts_with("%%")) {
      out_ += '%';
      return 2;
    }
    if (text.starts_with("%s")) {
      if (next_ < values_.by_place.size()) add(values_.by_place[next_]);
      ++next_;
      return 2;
    }
    if (const auto end = text.find(")s"); text.starts_with("%(") && end != std::string_view::npos) {
      const std::string_view name = text.substr(2, end - 2);
      if (const auto found = values_.by_name.find(name); found != values_.by_name.end()) {
        add(found->second);
      } else if (missing_.insert(std::string(name)).second) {
        problems_.push_back(fmt::format("there is no value of the name {}", printable(name)));
      }
      return end + 2;
    }
    problems_.push_back(
        fmt::format("the % at byte {} begins neither %s nor %(name)s; a per cent sign itself is %%", at_ + 1));
    return 1;
  }

  void add(const QueryValue& value) {
    switch (value.kind) {
      case QueryValue::Kind::null:
        out_ += "NULL";
        return;
      case QueryValue::Kind::number:
        if (!is_number(value.text)) throw Error(ErrorKind::invalid, "a value that is said to be a number is none");
        if (value.text.starts_with('-')) out_ += ' ';  // behind a minus it would begin a comment
        out_ += value.text;
        return;
      case QueryValue::Kind::text:
        out_ += quoted_(value.text);
        out_ += cast_to(value.type);
        return;
      case QueryValue::Kind::list:
        add_items(value, "(", ")");
        return;
      case QueryValue::Kind::array:
        add_items(value, "ARRAY[", "]");
        return;
    }
  }

  void add_items(const QueryValue& value, std::string_view begin, std::string_view end) {
    if (value.items.empty() && value.kind == QueryValue::Kind::list) {
      out_ += "(NULL)";  // of an empty list nothing is in it, and () is no SQL
      return;
    }
    out_ += begin;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      if (i > 0) out_ += ", ";
      add(value.items[i]);
    }
    out_ += end;
  }

  const QueryValues& values_;
  const QuoteText& quoted_;
  std::string out_;
  std::size_t next_ = 0;
  std::size_t at_ = 0;
  std::set<std::string> missing_;
  std::vector<std::string> problems_;
};

}  // namespace

std::string with_values(std::string_view text, const QueryValues& values, const QuoteText& quoted) {
  return Writer(values, quoted).write(text);
}

}  // namespace penstock
