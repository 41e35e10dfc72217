// What was seen of one column, and the type that takes it all.
//
// Two profiles of different records merge into that of them all, in whatever order: what a type rests on is which kinds
// of values were seen, where each was seen first, and the largest extents.
//
// Threads: one at a time. Memory: fixed, but for one value of each kind. Errors: none.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "discovery/value.h"
#include "table/type.h"

namespace penstock::discovery {

// Where in the source, in the order of its records.
struct Place {
  std::uint64_t chunk = std::numeric_limits<std::uint64_t>::max();
  std::size_t at = 0;  // in it

  auto operator<=>(const Place&) const = default;
};

// The first value of a kind.
struct Sighting {
  Place place{};
  std::string input{};
  std::uint64_t line = 0;
  std::string value{};  // or its beginning
};

inline constexpr std::size_t kMostBytes = 65'535;  // of a varchar

class Profile {
 public:
  void add_null() noexcept { ++nulls_; }
  void add_nulls(std::uint64_t count) noexcept { nulls_ += count; }
  // False: text was seen before, and what its values are makes no difference any more.
  [[nodiscard]] bool wants_values() const noexcept { return (seen_ & bit(Kind::text)) == 0; }
  // bytes: of the value, as text. True: it is the first of its kind, which is to be sighted.
  bool add(const Value& value, std::size_t bytes) noexcept {
    bytes_ = std::max(bytes_, bytes);
    if (value.kind == Kind::empty) ++empties_;
    whole_digits_ = std::max(whole_digits_, value.whole_digits);
    fraction_digits_ = std::max(fraction_digits_, value.fraction_digits);
    digits_ = std::max(digits_, static_cast<std::uint8_t>(value.whole_digits + value.fraction_digits));
    const bool is_first = (seen_ & bit(value.kind)) == 0;
    seen_ |= bit(value.kind);
    return is_first;
  }
  void add_text(std::size_t bytes) noexcept {
    bytes_ = std::max(bytes_, bytes);
    if (bytes == 0) ++empties_;
  }
  // Whether a value is the first that no varchar takes, which is to be sighted.
  [[nodiscard]] bool is_first_too_long(std::size_t bytes) const noexcept {
    return bytes > kMostBytes && too_long_.line == 0;
  }
  void sight(Kind kind, Sighting sighting);
  void sight_too_long(Sighting sighting);
  void merge(const Profile& other);

  [[nodiscard]] bool has(Kind kind) const noexcept { return (seen_ & bit(kind)) != 0; }
  // Nothing but these was seen, empty values apart.
  template <typename... Kinds>
  [[nodiscard]] bool has_only(Kinds... kinds) const noexcept {
    return (seen_ & ~(bit(kinds) | ... | bit(Kind::empty))) == 0;
  }
  [[nodiscard]] const Sighting& first(Kind kind) const { return first_.at(static_cast<std::size_t>(kind)); }
  [[nodiscard]] std::uint64_t nulls() const noexcept { return nulls_; }
  [[nodiscard]] std::uint64_t empties() const noexcept { return empties_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }  // of the longest value
  // The first value that no varchar takes; its line is 0 where there is none.
  [[nodiscard]] const Sighting& too_long() const noexcept { return too_long_; }
  [[nodiscard]] std::size_t whole_digits() const noexcept { return whole_digits_; }
  [[nodiscard]] std::size_t fraction_digits() const noexcept { return fraction_digits_; }
  [[nodiscard]] std::size_t digits() const noexcept { return digits_; }  // of one number, most

 private:
  static constexpr std::uint32_t bit(Kind kind) noexcept { return std::uint32_t{1} << static_cast<unsigned>(kind); }

  std::uint32_t seen_ = 0;
  std::uint8_t whole_digits_ = 0;
  std::uint8_t fraction_digits_ = 0;
  std::uint8_t digits_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t nulls_ = 0;
  std::uint64_t empties_ = 0;  // exact unless text was seen, which takes them as they are
  std::array<Sighting, kKinds> first_{};
  Sighting too_long_{};
};

struct Resolved {
  table::Type tight{};  // takes what was seen
  table::Type roomy{};  // and what may come: numbers with more digits, longer text
  std::string why{};    // what ruled out a narrower one
};

Resolved resolve(const Profile& profile);

}  // namespace penstock::discovery
