// Keyword arguments of Python, read into a struct of options: every keyword is a member, by its own name.
//
//     static const Options<SweepOptions> kOptions = Options<SweepOptions>()
//         .add("bucket", &SweepOptions::bucket)
//         .add("older_than", &SweepOptions::older_than);
//     const SweepOptions options = kOptions.read(keywords, problems);
//
// What is wrong with a value is a problem, named by its keyword, so that all of them are told at once.
//
// Threads: the caller has the GIL. Errors: what Python throws of the values themselves.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "casters.h"

namespace penstock::python {

using Problems = std::vector<std::string>;
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

// What is wrong with one value; Options says of which keyword.
struct BadArgument {
  std::string expected;  // "is no number of seconds"
};

std::string shown(nb::handle value);  // its repr, its beginning only; never of a password

// Each throws BadArgument where the value is none of the type.
void read_value(nb::handle value, std::string& into);
void read_value(nb::handle value, bool& into);
void read_value(nb::handle value, char& into);
void read_value(nb::handle value, std::vector<std::string>& into);  // a text alone is one of them
void read_value(nb::handle value, std::chrono::seconds& into);      // a number, or a timedelta; never less than given
void read_value(nb::handle value, Moment& into);                    // an aware datetime, a date, RFC 3339
std::uint64_t read_number(nb::handle value, std::uint64_t most);
int read_enumerator(nb::handle type, nb::handle value);  // a member, or its name in lower case

template <typename Number>
  requires std::integral<Number>
void read_value(nb::handle value, Number& into) {
  into = static_cast<Number>(read_number(value, static_cast<std::uint64_t>(std::numeric_limits<Number>::max())));
}

template <typename Enum>
  requires std::is_enum_v<Enum>
void read_value(nb::handle value, Enum& into) {
  into = static_cast<Enum>(read_enumerator(nb::type<Enum>(), value));
}

template <typename Value>
void read_value(nb::handle value, std::optional<Value>& into) {
  if (value.is_none()) {
    into.reset();
    return;
  }
  Value given{};
  read_value(value, given);
  into = std::move(given);
}

template <typename Value>
nb::object as_python(const Value& value) {
  return nb::cast(value);
}
inline nb::object as_python(const std::chrono::seconds& value) { return nb::int_(value.count()); }

template <typename Struct>
class Options {
 public:
  template <typename Value>
  Options& add(const char* name, Value Struct::* member) {
    members_.push_back({name, [member](nb::handle value, Struct& into) { read_value(value, into.*member); },
                        [member](const Struct& of) { return as_python(of.*member); }});
    return *this;
  }

  // A keyword whose value is None, and can't be, is as if it were not given.
  [[nodiscard]] Struct read(const nb::dict& keywords, Problems& problems) const {
    Struct options{};
    for (const auto& [key, value] : keywords) {
      const auto name = nb::cast<std::string>(key);
      const Member* member = find(name);
      if (member == nullptr) {
        problems.push_back(name + " is no option here");
        continue;
      }
      try {
        member->read(value, options);
      } catch (const BadArgument& bad) {
        problems.push_back(name + "=" + shown(value) + " " + bad.expected);
      }
    }
    return options;
  }

  // Every keyword with its default.
  [[nodiscard]] nb::dict defaults() const {
    nb::dict found;
    const Struct options{};
    for (const Member& member : members_) found[member.name] = member.show(options);
    return found;
  }

 private:
  struct Member {
    const char* name;
    std::function<void(nb::handle, Struct&)> read;
    std::function<nb::object(const Struct&)> show;
  };
  const Member* find(const std::string& name) const {
    for (const Member& member : members_) {
      if (name == member.name) return &member;
    }
    return nullptr;
  }

  std::vector<Member> members_;
};

}  // namespace penstock::python
