#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "columnar/text_column.h"
#include "columnar/text_rows.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"

namespace penstock::columnar {
namespace {

using staging::Chunk;

constexpr std::size_t kRows = 512;  // that are found before their values are read
constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
}

class JsonRows final : public TextRows {
 public:
  JsonRows(const std::vector<SourceColumn>& columns, std::size_t batch_bytes)
      : columns_(columns), places_(kRows), texts_(columns.size(), std::vector<std::string_view>(kRows)) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      values_.add(columns_[i].name, columns_[i].type);
      if (!by_name_.emplace(columns_[i].member, i).second) {
        throw Error(ErrorKind::invalid, fmt::format("two columns are of the member {}", printable(columns_[i].member)));
      }
    }
    most_rows_ = std::max(std::size_t{1}, batch_bytes / std::max(std::size_t{1}, values_.bytes_of_row()));
  }

  void begin(const Chunk& chunk, std::string_view input) override {
    staging::refuse_unless_text(chunk, input);
    chunk_ = &chunk;
    input_ = input;
    at_ = 0;
    order_.clear();
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    const std::string_view text = chunk_->text();
    constexpr std::size_t kLeast = 3;  // bytes of a line that is one: {}
    values_.reserve(std::min({static_cast<std::size_t>(chunk_->ends), text.size() / kLeast, most_rows_}));
    rows_ = taken_ = 0;
    while (at_ < text.size() && taken_ + rows_ < most_rows_) {
      const std::size_t end = text.find('\n', at_);
      const std::string_view line = trimmed(text.substr(at_, end - at_));
      if (!line.empty()) take(line);
      at_ = end + 1;
    }
    read_rows();
    return taken_ > 0 ? values_.finish(taken_) : nullptr;
  }

 private:
  void take(std::string_view line) {
    places_[rows_] = at_;
    for (auto& texts : texts_) texts[rows_] = {};
    JsonMembers members(line);
    std::size_t ordinal = 0;
    for (; members.next(); ++ordinal) {
      const std::size_t column = column_of(members.name(), ordinal);
      if (column != kNobody) texts_[column][rows_] = text_of(columns_[column], members.value());
    }
    if (!members.is_object()) {
      read_rows();  // what is bad in a line before it is told first
      staging::refuse_at(*chunk_, input_, at_, "the line is no JSON object from { to }");
    }
    if (++rows_ == kRows) read_rows();
  }

  // Objects mostly have their members in one order. Of two members of one name the last one holds.
  std::size_t column_of(std::string_view name, std::size_t ordinal) {
    if (ordinal < order_.size() && order_[ordinal].first == name) return order_[ordinal].second;
    std::optional<std::string> unescaped;
    if (name.find('\\') != std::string_view::npos) {
      unescaped = unescaped_json(name);
      if (!unescaped) refuse_half("the name of a member");
    }
    const auto found = by_name_.find(unescaped ? std::string_view(*unescaped) : name);
    const std::size_t column = found == by_name_.end() ? kNobody : found->second;
    if (ordinal == order_.size() && rows_ + taken_ == 0) order_.emplace_back(name, column);
    return column;
  }

  // What the value is as text; no data(): NULL.
  std::string_view text_of(const SourceColumn& column, std::string_view value) {
    if (value == "null") return {};
    if (value.front() != '"' || column.type.name == table::TypeName::super) return value;
    const std::string_view inside = value.substr(1, value.size() - 2);
    if (inside.find('\\') == std::string_view::npos) return inside;
    const auto text = unescaped_json(inside);
    if (!text) refuse_half(fmt::format("column {}: the string", printable(column.name)));
    if (text->find('\0') != std::string::npos) {
      refuse_here(fmt::format("column {}: there is a NUL, which Redshift's text can't hold", printable(column.name)));
    }
    // as much as the whole chunk: what was handed out stays where it is
    if (unescaped_.size() == 0) unescaped_.reserve(chunk_->text().size());
    const std::size_t begin = unescaped_.size();
    unescaped_.append(*text);
    return {unescaped_.begin() + begin, text->size()};
  }

  void read_rows() {
    std::optional<std::size_t> first;
    std::string what;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto texts = std::span(texts_[i]).first(rows_);
      const auto bad = values_.append(i, texts);
      if (!bad || (first && *first <= *bad)) continue;
      first = bad;
      what = fmt::format("column {}: {}", printable(columns_[i].name), refusal_of(columns_[i].type, texts[*bad]));
    }
    if (first) staging::refuse_at(*chunk_, input_, places_[*first], what);
    taken_ += rows_;
    rows_ = 0;
    unescaped_.clear();
  }

  [[noreturn]] void refuse_half(const std::string& what) {
    refuse_here(what + " has half of a surrogate pair, which is no character");
  }
  [[noreturn]] void refuse_here(const std::string& what) {
    read_rows();
    staging::refuse_at(*chunk_, input_, at_, what);
  }

  const std::vector<SourceColumn> columns_;
  TextColumns values_;
  std::size_t most_rows_ = 1;                                  // of a batch
  std::unordered_map<std::string_view, std::size_t> by_name_;  // of members that a column is made of
  // of the chunk
  const Chunk* chunk_ = nullptr;
  std::string_view input_;
  std::size_t at_ = 0;                                             // where the line begins
  std::vector<std::pair<std::string_view, std::size_t>> order_{};  // the first object's members, and their columns
  std::size_t rows_ = 0;                                           // that are found
  std::size_t taken_ = 0;                                          // that are in the batch
  std::vector<std::size_t> places_;                                // of the rows
  std::vector<std::vector<std::string_view>> texts_;               // by column and row
  staging::Buffer unescaped_;
};

}  // namespace

std::unique_ptr<TextRows> json_rows(const std::vector<SourceColumn>& columns, std::size_t batch_bytes) {
  return std::make_unique<JsonRows>(columns, batch_bytes);
}

}  // namespace penstock::columnar
