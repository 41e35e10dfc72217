#include "reconcile/key_step.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace penstock::reconcile {
namespace {

constexpr std::size_t kPlaces = 12;  // what a double tells apart
constexpr std::size_t kMostKeyBytes = 1024;

// The characters that may stand at one place of a key, in order: those that keys have there, and their kind: a digit
// may be any digit.
class Alphabet {
 public:
  void add(char c) {
    const auto in = [c](char first, char last) { return c >= first && c <= last; };
    digit_ = digit_ || in('0', '9');
    hex_ = hex_ || in('a', 'f');
    lower_ = lower_ || in('g', 'z');
    upper_ = upper_ || in('A', 'Z');
    has_.at(static_cast<unsigned char>(c)) = true;
  }
  void close() {
    if (digit_) add_all('0', '9');
    if (hex_ || lower_) add_all('a', lower_ || !digit_ ? 'z' : 'f');
    if (upper_) add_all('A', 'Z');
    size_ = static_cast<std::size_t>(std::ranges::count(has_, true));
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t index_of(char c) const {
    return static_cast<std::size_t>(std::count(has_.begin(), has_.begin() + static_cast<unsigned char>(c), true));
  }
  [[nodiscard]] char at(std::size_t index) const {
    std::size_t c = 0;
    for (;; ++c) {
      if (has_.at(c) && index-- == 0) return static_cast<char>(c);
    }
  }

 private:
  void add_all(char first, char last) { std::fill(has_.begin() + first, has_.begin() + last + 1, true); }

  std::array<bool, 256> has_{};
  std::size_t size_ = 0;
  bool digit_ = false;
  bool hex_ = false;
  bool lower_ = false;
  bool upper_ = false;
};

class Names {
 public:
  Names(std::string_view key, std::string_view from, std::string_view to) : keys_{key, from, to} {}

  [[nodiscard]] Alphabet alphabet(std::size_t place) const {
    Alphabet alphabet;
    for (const std::string_view key : keys_) {
      if (place < key.size()) alphabet.add(key[place]);
    }
    alphabet.close();
    return alphabet;
  }

  // Of what stands from the place on; at least 0, less than 1.
  [[nodiscard]] double value(std::string_view key, std::size_t place) const {
    double value = 0;
    double unit = 1;
    for (std::size_t i = place; i < std::min(key.size(), place + kPlaces); ++i) {
      const Alphabet here = alphabet(i);
      unit /= static_cast<double>(here.size());
      value += unit * static_cast<double>(here.index_of(key[i]));
    }
    return value;
  }

 private:
  std::array<std::string_view, 3> keys_;
};

}  // namespace

std::optional<std::string> key_beyond(std::string_view key, std::string_view from, std::string_view to, double steps,
                                      std::size_t fixed) {
  const auto differ = std::ranges::mismatch(from, to);
  std::size_t place = std::max(fixed, static_cast<std::size_t>(differ.in1 - from.begin()));
  if (place > key.size()) return std::nullopt;
  const Names names(key, from, to);
  double way = steps * (names.value(to, place) - names.value(from, place));
  if (!(way > 0)) return std::nullopt;
  double value = names.value(key, place) + way;
  while (value >= 1) {  // one more of the place before
    if (place == fixed) return std::nullopt;
    const Alphabet above = names.alphabet(--place);
    const auto size = static_cast<double>(above.size());
    value = (static_cast<double>(above.index_of(key[place])) + value) / size;
    way /= size;
  }
  std::string beyond(key.substr(0, place));
  double unit = 1;
  for (std::size_t i = 0; i < kPlaces && unit > way / 8; ++i) {
    const Alphabet here = names.alphabet(place + i);
    if (here.size() == 0) break;
    const auto size = static_cast<double>(here.size());
    const double index = std::min(std::floor(value * size), size - 1);
    beyond += here.at(static_cast<std::size_t>(index));
    value = value * size - index;
    unit /= size;
  }
  if (beyond <= key || beyond.size() > kMostKeyBytes || !is_utf8(beyond)) return std::nullopt;
  return beyond;
}

}  // namespace penstock::reconcile
