#include "format/csv_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::format {
namespace {

constexpr std::size_t kMaxRecordBytes = 1 << 20;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// One record, a byte at a time. A quote counts only where a field starts; LF ends the record, with a CR before it or
// none, unless it stands in quotes.
class RecordScanner {
 public:
  RecordScanner(char delimiter, char quote) : delimiter_(delimiter), quote_(quote) {}

  // True once the record is whole.
  bool take(char c) {
    switch (state_) {
      case State::field_start:
        if (c == quote_) {
          state_ = State::quoted;
          return false;
        }
        state_ = State::plain;
        [[fallthrough]];
      case State::plain:
        return take_plain(c);
      case State::quoted:
        if (c == quote_) {
          state_ = State::quote_in_quoted;
        } else {
          field_ += c;
        }
        return false;
      case State::quote_in_quoted:
        if (c == quote_) {
          field_ += c;
          state_ = State::quoted;
          return false;
        }
        state_ = State::plain;
        return take_plain(c);
    }
    return false;
  }

  [[nodiscard]] bool in_quotes() const { return state_ == State::quoted; }

  std::vector<std::string> finish() {
    end_field();
    return std::move(fields_);
  }

 private:
  enum class State { field_start, plain, quoted, quote_in_quoted };

  bool take_plain(char c) {
    if (c == '\n') {
      if (field_.ends_with('\r')) field_.pop_back();
      return true;
    }
    if (c == delimiter_) {
      end_field();
      state_ = State::field_start;
    } else {
      field_ += c;
    }
    return false;
  }

  void end_field() {
    fields_.push_back(std::move(field_));
    field_.clear();
  }

  char delimiter_;
  char quote_;
  State state_ = State::field_start;
  std::string field_;
  std::vector<std::string> fields_;
};

// What the object starts with: three bytes, or all there are.
std::string read_start(ObjectReader& in) {
  std::string start;
  std::array<std::byte, kUtf8Mark.size()> buffer{};
  while (start.size() < buffer.size()) {
    const std::size_t got = in.read(std::span(buffer).first(buffer.size() - start.size()));
    if (got == 0) break;
    start.append(reinterpret_cast<const char*>(buffer.data()), got);
  }
  return start;
}

}  // namespace

std::optional<CsvRecord> first_csv_record(ObjectReader& in, char delimiter, std::string_view name, char quote) {
  std::string step = read_start(in);
  if (step.empty()) return std::nullopt;
  if (step.starts_with("\xFF\xFE") || step.starts_with("\xFE\xFF")) {
    throw Error(ErrorKind::refused, fmt::format("{}: it is UTF-16; CSV is read as UTF-8", printable(name)));
  }
  CsvRecord record;
  if (step == kUtf8Mark) {
    record.after_byte_order_mark = true;
    step.clear();
  }
  RecordScanner scanner(delimiter, quote);
  std::size_t scanned = 0;
  std::array<std::byte, 16384> buffer{};
  while (true) {
    if (std::ranges::any_of(step, [&](char c) { return scanner.take(c); })) break;
    scanned += step.size();
    if (scanned > kMaxRecordBytes) {
      throw Error(ErrorKind::refused,
                  fmt::format("{}: its first record is longer than {} bytes", printable(name), kMaxRecordBytes));
    }
    const std::size_t got = in.read(buffer);
    if (got == 0) {
      if (scanner.in_quotes()) {
        throw Error(ErrorKind::refused,
                    fmt::format("{}: it ends inside the quotes of its first record", printable(name)));
      }
      break;
    }
    step.assign(reinterpret_cast<const char*>(buffer.data()), got);
  }
  record.fields = scanner.finish();
  return record;
}

}  // namespace penstock::format
