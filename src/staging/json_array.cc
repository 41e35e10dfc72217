#include "staging/json_array.h"

#include <utility>

namespace penstock::staging {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

void JsonArray::to_lines(std::span<char> text) noexcept {
  for (char& byte : text) {
    if (state_ == State::lines || state_ == State::broken) return;
    const bool is_newline = byte == '\n';
    state_ = step(byte);
    if (is_newline) ++line_;
  }
}

std::optional<JsonArray::Fault> JsonArray::fault(bool at_end) const noexcept {
  if (state_ == State::broken) return fault_;
  const bool is_whole = state_ == State::start || state_ == State::lines || state_ == State::closed;
  if (!at_end || is_whole) return std::nullopt;
  return Fault{line_, "is in an array that is never closed: the input is cut off"};
}

JsonArray::State JsonArray::step(char& byte) noexcept {
  switch (state_) {
    case State::start:
      if (is_blank(byte)) return State::start;
      return std::exchange(byte, byte == '[' ? ' ' : byte) == '[' ? State::open : State::lines;
    case State::open:
    case State::comma:
      return begin(byte);
    case State::element:
      return inside(byte);
    case State::string:
      if (byte == '\\') return State::escape;
      return byte == '"' ? State::element : State::string;
    case State::escape:
      return State::string;
    case State::behind:
      return between(byte);
    case State::closed:
      return is_blank(byte) ? State::closed : broken("is followed by text behind the array's end");
    default:
      return state_;
  }
}

// An element, or, of an empty array, its end.
JsonArray::State JsonArray::begin(char& byte) noexcept {
  if (is_blank(byte)) {
    blank(byte);
    return state_;
  }
  if (byte == '{') {
    depth_ = 1;
    return State::element;
  }
  if (byte == ']' && state_ == State::open) {
    byte = ' ';
    return State::closed;
  }
  return broken("is no object; an array is read if all that it holds are objects");
}

JsonArray::State JsonArray::inside(char& byte) noexcept {
  switch (byte) {
    case '"':
      return State::string;
    case '\n':
      byte = ' ';
      ++owed_;
      return State::element;
    case '{':
    case '[':
      ++depth_;
      return State::element;
    case '}':
    case ']':
      return --depth_ == 0 ? State::behind : State::element;
    default:
      return State::element;
  }
}

JsonArray::State JsonArray::between(char& byte) noexcept {
  if (is_blank(byte)) {
    blank(byte);
    return State::behind;
  }
  if (byte == ',') {
    byte = '\n';
    --owed_;
    return State::comma;
  }
  if (byte == ']') {
    byte = ' ';
    return State::closed;
  }
  return broken("is followed by neither a comma nor the array's end");
}

void JsonArray::blank(char& byte) noexcept {
  if (byte == '\n') {
    if (owed_ >= 0) return;
    byte = ' ';
    ++owed_;
  } else if (owed_ > 0) {
    byte = '\n';
    --owed_;
  }
}

JsonArray::State JsonArray::broken(std::string_view what) noexcept {
  fault_ = {line_, what};
  return State::broken;
}

}  // namespace penstock::staging
