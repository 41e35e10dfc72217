#include "endpoint/copy/json_format.h"

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/text.h"
#include "endpoint/copy/json_scanner.h"

namespace penstock::endpoint {
namespace {

constexpr std::size_t kMaxDocument = 4 << 20;
constexpr std::string_view kWhiteSpace = " \n\t\r";
constexpr std::string_view kSpaceOrDocument = " \n\t\r{[";

bool begins_document(char c) noexcept { return c == '{' || c == '['; }

// Behind the last document that ends in the bytes, and the white space and junk behind it that is whole.
std::size_t records_end(std::string_view bytes) noexcept {
  std::size_t end = 0;
  while (true) {
    std::size_t at = bytes.find_first_not_of(kWhiteSpace, end);
    if (at == std::string_view::npos) return bytes.size();
    if (begins_document(bytes[at])) {
      at = behind_brackets(bytes, at);
    } else {
      at = bytes.find_first_of(kSpaceOrDocument, at);
    }
    if (at == std::string_view::npos) return end;
    end = at;
  }
}

// Lets a name be looked up without a string of its own.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>()(name); }
};

class JsonParser final : public ChunkParser {
 public:
  JsonParser(const CopyStatement& statement, std::span<const LoadColumn> columns, const std::vector<JsonPath>& paths)
      : loader_(statement, columns),
        paths_(paths),
        ignore_case_(statement.json_paths == "auto ignorecase"),
        whole_(statement.json_paths == "noshred") {
    unescaped_.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns_.emplace(ignore_case_ ? lower(columns[i].name) : columns[i].name, i);
    }
  }

  void parse(const Chunk& chunk, ParsedChunk& out) override {
    if (chunk.unreadable) return loader_.reject_object(out, *chunk.unreadable);
    const std::string_view bytes = chunk.bytes.view();
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t begin = bytes.find_first_not_of(kWhiteSpace, at);
      count_lines(out, bytes, at, begin);
      if (begin == std::string_view::npos) return;
      at = begins_document(bytes[begin]) ? parse_document(bytes, begin, out) : reject_junk(bytes, begin, out);
    }
  }

 private:
  static void count_lines(ParsedChunk& out, std::string_view bytes, std::size_t from, std::size_t to) noexcept {
    const std::string_view text = bytes.substr(from, to == std::string_view::npos ? to : to - from);
    out.lines += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  }

  std::size_t parse_document(std::string_view bytes, std::size_t begin, ParsedChunk& out) {
    JsonScanner scanner(bytes, begin);
    fields_.assign(loader_.columns().size(), Field{.null = true});
    bytes_ = bytes;
    begin_ = begin;
    refused_.clear();
    const bool valid = whole_ ? take_whole(scanner) : paths_.empty() ? take_members(scanner) : take_paths(scanner);
    std::size_t end = valid ? scanner.offset() : behind_brackets(bytes, begin);
    if (end == std::string_view::npos) end = bytes.find_last_not_of(kWhiteSpace) + 1;
    const std::string_view document = bytes.substr(begin, end - begin);
    count_lines(out, bytes, begin, end);
    if (!valid || document.size() > kMaxDocument) {
      const bool too_large = document.size() > kMaxDocument;
      loader_.reject(out, LoadErrorCode::bad_line,
                     too_large ? "JSON value exceeds the max size of 4194304 bytes" : "Invalid value.", document,
                     out.lines);
    } else if (!refused_.empty()) {
      loader_.reject(out, LoadErrorCode::bad_line, refused_, document, out.lines);
    } else {
      loader_.load(out, fields_, document, out.lines);
    }
    return end;
  }

  std::size_t reject_junk(std::string_view bytes, std::size_t begin, ParsedChunk& out) {
    const std::size_t end = std::min(bytes.find_first_of(kSpaceOrDocument, begin), bytes.size());
    loader_.reject(out, LoadErrorCode::bad_line, "Invalid value.", bytes.substr(begin, end - begin), out.lines);
    return end;
  }

  // --- whole, into the one column

  bool take_whole(JsonScanner& scanner) {
    JsonValue root;
    if (!scanner.value(root)) return false;
    set(0, root);
    return true;
  }

  // --- by name

  bool take_members(JsonScanner& scanner) {
    JsonValue root;
    if (bytes_[begin_] != '{') {
      refused_ = "Invalid JSONPath format: Member is not an object.";
      return scanner.value(root);
    }
    return scanner.members([&](const JsonValue& key, const JsonValue& value) {
      const auto column = columns_.find(key_text(key));
      if (column != columns_.end()) set(column->second, value);
    });
  }

  std::string_view key_text(const JsonValue& key) {
    const bool as_written = !ignore_case_ && key.text.find('\\') == std::string_view::npos;
    if (as_written) return key.text;
    key_.clear();
    append_unescaped(key_, key.text);
    if (ignore_case_) key_ = lower(key_);
    return key_;
  }

  // --- by path

  bool take_paths(JsonScanner& scanner) {
    JsonValue root;
    if (!scanner.value(root)) return false;
    for (std::size_t i = 0; i < paths_.size() && refused_.empty(); ++i) take_path(root, i);
    return true;
  }

  void take_path(const JsonValue& root, std::size_t column) {
    JsonValue value = root;
    for (const JsonStep& step : paths_[column]) {
      const auto* name = std::get_if<std::string>(&step);
      std::optional<JsonValue> next =
          name != nullptr ? member(value, *name) : element(value, std::get<std::size_t>(step));
      if (!next) return;
      value = *next;
    }
    set(column, value);
  }

  std::optional<JsonValue> member(const JsonValue& value, const std::string& name) {
    if (value.kind != JsonKind::object) {
      refused_ = "Invalid JSONPath format: Member is not an object.";
      return std::nullopt;
    }
    std::optional<JsonValue> found;
    JsonScanner(bytes_, value.offset).members([&](const JsonValue& key, const JsonValue& member) {
      if (key_text(key) == name) found = member;
    });
    return found;
  }

  std::optional<JsonValue> element(const JsonValue& value, std::size_t index) {
    std::optional<JsonValue> found;
    if (value.kind == JsonKind::array) {
      JsonScanner(bytes_, value.offset).elements([&](const JsonValue& element) {
        if (index-- == 0) found = element;
      });
    }
    if (!found) refused_ = "Invalid JSONPath format: Not an array or index out of range.";
    return found;
  }

  void set(std::size_t column, const JsonValue& value) {
    Field& field = fields_[column];
    field.null = value.kind == JsonKind::null;
    field.raw = field.value = value.text;
    field.position = static_cast<std::int32_t>(value.offset - begin_);
    if (loader_.columns()[column].type == ColumnType::super) {
      constexpr std::size_t kQuotes = 2;
      if (value.kind == JsonKind::string) field.value = bytes_.substr(value.offset, value.text.size() + kQuotes);
      return;
    }
    if (value.kind != JsonKind::string || value.text.find('\\') == std::string_view::npos) return;
    std::string& text = unescaped_[column];
    text.clear();
    append_unescaped(text, value.text);
    field.value = text;
  }

  RowLoader loader_;
  const std::vector<JsonPath>& paths_;
  bool ignore_case_;
  bool whole_;  // 'noshred'
  std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>> columns_;
  std::vector<Field> fields_;
  std::vector<std::string> unescaped_;  // one a column
  std::string key_;
  std::string_view bytes_;
  std::size_t begin_ = 0;
  std::string refused_;  // why the document, valid as it is, can't be loaded
};

class JsonFormat final : public RecordFormat {
 public:
  JsonFormat(const CopyStatement& statement, std::span<const LoadColumn> columns, std::vector<JsonPath> paths,
             ChunkSizes sizes)
      : statement_(statement), columns_(columns), paths_(std::move(paths)), sizes_(sizes) {}

  [[nodiscard]] std::unique_ptr<ChunkReader> open(const SourceObject& object) const override {
    return text_chunks(open_bytes(object, statement_), statement_.ignore_header, records_end, sizes_);
  }
  [[nodiscard]] std::unique_ptr<ChunkParser> parser() const override {
    return std::make_unique<JsonParser>(statement_, columns_, paths_);
  }

 private:
  const CopyStatement& statement_;
  std::span<const LoadColumn> columns_;
  std::vector<JsonPath> paths_;
  ChunkSizes sizes_;
};

}  // namespace

std::unique_ptr<RecordFormat> json_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                          std::vector<JsonPath> paths, ChunkSizes sizes) {
  if (statement.json_paths == "noshred" && (columns.size() != 1 || columns[0].type != ColumnType::super)) {
    throw SqlError("0A000",
                   "COPY with JSON 'noshred' loads a single column, of type SUPER: name it in the column list");
  }
  return std::make_unique<JsonFormat>(statement, columns, std::move(paths), sizes);
}

}  // namespace penstock::endpoint
