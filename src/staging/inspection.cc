#include "staging/inspection.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"
#include "staging/csv_field.h"
#include "staging/csv_index.h"

namespace penstock::staging {
namespace {

constexpr std::size_t kStretch = 64 * kCsvBlockBytes;
constexpr std::size_t kJsonLimit = std::size_t{4} << 20;  // of one document of COPY's

constexpr char kNotUtf8[] = "the bytes are no UTF-8";
constexpr char kNul[] = "there is a NUL, which Redshift's text can't hold";

// Which line of the input a place of the chunk is on. Asked from its start to its end.
class Lines {
 public:
  explicit Lines(const Chunk& chunk) : text_(chunk.text()), line_(chunk.first_line) {}

  std::uint64_t at(std::size_t place) {
    const std::string_view passed = text_.substr(place_, place - place_);
    line_ += static_cast<std::uint64_t>(std::count(passed.begin(), passed.end(), '\n'));
    place_ = place;
    return line_;
  }

 private:
  const std::string_view text_;
  std::uint64_t line_;
  std::size_t place_ = 0;
};

struct Field {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// What a field of CSV says, or why it says nothing.
struct FieldValue {
  std::optional<std::string_view> value{};
  const char* fault = nullptr;
};

// Reads the fields of one dialect. Threads: one at a time.
class CsvFields {
 public:
  explicit CsvFields(const CsvShape& shape) : dialect_(shape.dialect), null_text_(shape.null_text) {}

  // The value is valid until the next call.
  FieldValue value_of(std::string_view field) {
    if (field == null_text_) return {};
    const bool has_quote = field.find(dialect_.quote) != std::string_view::npos;
    const bool has_escape = dialect_.escape && field.find(*dialect_.escape) != std::string_view::npos;
    if (!has_quote && !has_escape) return checked(field);
    unquoted_.clear();
    const CsvField read = csv_field(field, dialect_, unquoted_);
    if (read.fault == CsvFault::quote_inside) return {field, "there is a quote inside, and none at the start"};
    if (read.fault == CsvFault::text_behind_quote) return {field, "there is text behind the closing quote"};
    return read.is_quoted ? checked(read.value) : FieldValue{read.value};
  }

 private:
  static FieldValue checked(std::string_view value) {
    if (value == kNullText) {
      return {value, "the value is the character U+001A alone, which stands for NULL in what is staged"};
    }
    return {value};
  }

  const CsvDialect dialect_;
  const std::string null_text_;
  Buffer unquoted_;
};

class CsvInspector final : public Inspector {
 public:
  CsvInspector(CsvShape shape, const ValueRules& rules)
      : shape_(std::move(shape)), rules_(rules), values_(shape_), blocks_(kStretch / kCsvBlockBytes) {}

  std::uint64_t inspect(const Chunk& chunk, std::string_view input, std::vector<BadRecord>& bad) override {
    const std::string_view text = chunk.text();
    Visit visit{.text = text, .input = input, .lines = Lines(chunk), .bad = bad};
    visit.is_utf8 = simdjson::validate_utf8(text);
    visit.has_nul = text.find('\0') != std::string_view::npos;
    fields_.clear();
    CsvIndexer indexer(shape_.dialect);
    for (std::size_t at = 0; at < text.size(); at += kStretch) {
      const std::string_view stretch = text.substr(at, kStretch);
      const auto found = std::span(blocks_).first((stretch.size() + kCsvBlockBytes - 1) / kCsvBlockBytes);
      indexer.index(stretch, found);
      for (std::size_t i = 0; i < found.size(); ++i) take(visit, found[i], at + i * kCsvBlockBytes);
    }
    return visit.records;
  }

 private:
  struct Visit {
    std::string_view text;
    std::string_view input;
    Lines lines;
    std::vector<BadRecord>& bad;
    bool is_utf8 = true;
    bool has_nul = false;
    std::size_t field = 0;   // where it begins
    std::size_t record = 0;  // likewise
    std::uint64_t records = 0;
  };

  void take(Visit& visit, const CsvBlock& block, std::size_t base) {
    for (std::uint64_t left = block.field_ends | block.record_ends; left != 0; left &= left - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(left));
      const std::size_t at = base + bit;
      const bool ends_record = ((block.record_ends >> bit) & 1) != 0;
      const std::size_t end = ends_record && at > visit.field && visit.text[at - 1] == '\r' ? at - 1 : at;
      fields_.push_back({visit.field, end});
      visit.field = at + 1;
      if (ends_record) end_record(visit);
    }
  }

  void end_record(Visit& visit) {
    const bool is_blank = fields_.size() == 1 && fields_[0].begin == fields_[0].end && shape_.fields > 1;
    if (!is_blank) {
      ++visit.records;
      look_at_record(visit);
    }
    fields_.clear();
    visit.record = visit.field;
  }

  void look_at_record(Visit& visit) {
    if (fields_.size() != shape_.fields) {
      faults_.push_back(
          {.reason = fmt::format("{} field{}, where {} {} expected", fields_.size(), fields_.size() == 1 ? "" : "s",
                                 shape_.fields, shape_.fields == 1 ? "is" : "are")});
    } else {
      for (std::size_t i = 0; i < fields_.size(); ++i) look_at_field(visit, i);
    }
    if (faults_.empty()) return;
    const std::uint64_t line = visit.lines.at(visit.record);
    for (Fault& fault : faults_) fault.line = fault.field ? visit.lines.at(fields_[*fault.field].begin) : line;
    visit.bad.push_back({.input = visit.input,
                         .line = line,
                         .text = visit.text.substr(visit.record, visit.field - visit.record),
                         .faults = std::exchange(faults_, {})});
  }

  void look_at_field(Visit& visit, std::size_t i) {
    const auto [begin, end] = fields_[i];
    const std::string_view field = visit.text.substr(begin, end - begin);
    std::optional<std::string> reason;
    std::string_view shown = field;
    if (!visit.is_utf8 && !is_utf8(field)) {
      reason = kNotUtf8;
    } else if (visit.has_nul && field.find('\0') != std::string_view::npos) {
      reason = kNul;
    } else {
      const FieldValue found = values_.value_of(field);
      if (found.fault != nullptr) {
        reason = found.fault;
      } else {
        reason = rules_.fault_of(i, found.value);
        shown = found.value.value_or("");
      }
    }
    if (!reason) return;
    faults_.push_back({.field = i, .value = start_of(shown), .reason = *std::move(reason)});
  }

  const CsvShape shape_;
  const ValueRules& rules_;
  CsvFields values_;
  std::vector<CsvBlock> blocks_;
  std::vector<Field> fields_;
  std::vector<Fault> faults_;
};

class JsonInspector final : public Inspector {
 public:
  explicit JsonInspector(const ValueRules& rules) : rules_(rules), values_(rules.names().size()) {
    for (std::size_t i = 0; i < rules.names().size(); ++i) fields_.emplace(rules.names()[i], i);
  }

  std::uint64_t inspect(const Chunk& chunk, std::string_view input, std::vector<BadRecord>& bad) override {
    const std::string_view text = chunk.text();
    is_utf8_ = simdjson::validate_utf8(text);
    std::uint64_t line = chunk.first_line;
    std::uint64_t records = 0;
    for (std::size_t at = 0; at < text.size(); ++line) {
      const std::size_t end = text.find('\n', at) + 1;
      const std::string_view record = text.substr(at, end - at);
      at = end;
      const std::string_view object = trimmed(record);
      if (object.empty()) continue;
      ++records;
      look_at(object, line);
      if (faults_.empty()) continue;
      bad.push_back({.input = input, .line = line, .text = record, .faults = std::exchange(faults_, {})});
    }
    return records;
  }

 private:
  static std::string_view trimmed(std::string_view line) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
  }

  const char* fault_of_object(std::string_view object) const {
    if (!is_utf8_ && !is_utf8(object)) return kNotUtf8;
    if (object.find('\0') != std::string_view::npos) return kNul;
    if (object.front() != '{' || json_end(object, 0) != object.size()) return "the line is no JSON object";
    return object.size() > kJsonLimit ? "the object is longer than COPY's 4 MiB" : nullptr;
  }

  void look_at(std::string_view object, std::uint64_t line) {
    if (const char* const fault = fault_of_object(object); fault != nullptr) {
      faults_.push_back({.line = line, .value = start_of(object), .reason = fault});
      return;
    }
    std::ranges::fill(values_, std::string_view());
    read_members(object);
    for (std::size_t field = 0; field < values_.size(); ++field) look_at_value(field, line);
  }

  // Of an object that is one. Of two members of one name the last one holds.
  void read_members(std::string_view object) {
    JsonMembers members(object);
    while (members.next()) {
      if (const auto field = field_named(members.name())) values_[*field] = members.value();
    }
  }

  [[nodiscard]] std::optional<std::size_t> field_named(std::string_view written) const {
    std::optional<std::string> unescaped;
    if (written.find('\\') != std::string_view::npos) {
      unescaped = unescaped_json(written);
      if (!unescaped) return std::nullopt;
      written = *unescaped;
    }
    const auto found = fields_.find(written);
    return found == fields_.end() ? std::nullopt : std::optional(found->second);
  }

  void look_at_value(std::size_t field, std::uint64_t line) {
    const std::string_view written = values_[field];
    std::optional<std::string> unescaped;
    std::optional<std::string_view> value;
    std::optional<std::string> reason;
    if (!written.empty() && written != "null") value = written;
    if (value && written.front() == '"' && !rules_.takes_json(field)) {
      value = written.substr(1, written.size() - 2);
      if (value->find('\\') != std::string_view::npos) {
        unescaped = unescaped_json(*value);
        if (!unescaped) {
          reason = "half of a surrogate pair, which is no character";
        } else if (unescaped->find('\0') != std::string::npos) {
          reason = kNul;
        } else {
          value = *unescaped;
        }
      }
    }
    if (!reason) reason = rules_.fault_of(field, value);
    if (!reason) return;
    faults_.push_back(
        {.line = line, .field = field, .value = start_of(value.value_or(written)), .reason = *std::move(reason)});
  }

  const ValueRules& rules_;
  std::unordered_map<std::string_view, std::size_t> fields_;  // by names of the rules
  std::vector<std::string_view> values_;                      // by field; empty: there is no such member
  std::vector<Fault> faults_;
  bool is_utf8_ = true;
};

}  // namespace

std::unique_ptr<Inspector> inspector(const Shape& shape, const ValueRules& rules) {
  if (const auto* csv = std::get_if<CsvShape>(&shape)) return std::make_unique<CsvInspector>(*csv, rules);
  if (std::holds_alternative<JsonShape>(shape)) return std::make_unique<JsonInspector>(rules);
  throw Error(ErrorKind::invalid, "the records of a database are not inspected");
}

void remove_records(const std::vector<BadRecord>& bad, Chunk& chunk) {
  if (bad.empty()) return;
  const char* const start = chunk.text().data();
  char* const to_start = chunk.buffer.begin() + chunk.begin;
  auto kept = static_cast<std::size_t>(bad.front().text.data() - start);
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto from = static_cast<std::size_t>(bad[i].text.data() - start) + bad[i].text.size();
    const auto to = i + 1 < bad.size() ? static_cast<std::size_t>(bad[i + 1].text.data() - start) : chunk.text().size();
    std::memmove(to_start + kept, start + from, to - from);
    kept += to - from;
  }
  chunk.end = chunk.begin + kept;
}

}  // namespace penstock::staging
