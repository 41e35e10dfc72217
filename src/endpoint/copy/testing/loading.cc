#include "endpoint/copy/testing/loading.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "endpoint/copy/load_column.h"
#include "endpoint/sql/lexer.h"
#include "endpoint/sql/sql_error.h"
#include "penstock/error.h"

namespace penstock::endpoint::testing {
namespace {

class StringReader final : public ObjectReader {
 public:
  StringReader(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t n = std::min({buffer.size(), step_, bytes_.size() - at_});
    std::memcpy(buffer.data(), bytes_.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  std::string_view bytes_;
  std::size_t step_;
  std::size_t at_ = 0;
};

// A store of one object.
class OneObject final : public ObjectStore {
 public:
  OneObject(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  [[nodiscard]] std::string uri_of(std::string_view key) const override { return "s3://bucket/" + std::string(key); }
  std::unique_ptr<ObjectReader> open(const ObjectInfo&, std::optional<ByteRange> range) override {
    const ByteRange part = range.value_or(ByteRange{.offset = 0, .length = bytes_.size()});
    return std::make_unique<StringReader>(bytes_.substr(std::min<std::size_t>(part.offset, bytes_.size()), part.length),
                                          step_);
  }
  std::optional<ObjectInfo> head(std::string_view) override { throw std::logic_error("not used"); }
  std::unique_ptr<ObjectListing> list(std::string_view, std::string_view) override {
    throw std::logic_error("not used");
  }
  std::unique_ptr<ObjectWriter> create(std::string, CreateOptions) override { throw std::logic_error("not used"); }
  ObjectInfo copy(const ObjectInfo&, const ObjectStore&, std::string, CreateOptions) override {
    throw std::logic_error("not used");
  }
  void remove(std::span<const std::string>, RemoveOptions) override { throw std::logic_error("not used"); }
  bool remove_if_unchanged(const ObjectInfo&) override { throw std::logic_error("not used"); }
  bool removes_in_one_step(const std::string&) override { throw std::logic_error("not used"); }
  std::vector<OpenUpload> open_uploads(std::string_view) override { return {}; }
  void abort_upload(const OpenUpload&) override {}

 private:
  std::string_view bytes_;
  std::size_t step_;
};

}  // namespace

CopyStatement statement_of(std::string_view options) {
  std::string columns;
  if (options.starts_with('(')) {
    columns = options.substr(0, options.find(')') + 1);
    options.remove_prefix(columns.size());
  }
  const std::string sql = fmt::format("COPY t {} FROM 's3://bucket/k' IAM_ROLE default {}", columns, options);
  return parse_copy(lex(sql));
}

std::string bytes_of(std::string_view text) {
  std::string bytes;
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' && i + 3 < text.size() && text[i + 3] == '>' && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      bytes += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 3;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

Loaded load_object(const CopyStatement& statement, const TargetTable& table, std::string_view bytes, ChunkSizes sizes) {
  const auto columns = columns_to_load(statement, table);
  const auto format = record_format(statement, columns, {}, 0, sizes);
  OneObject store(bytes, std::max<std::size_t>(1, sizes.chunk / 2));
  const auto reader = format->open({&store, {.key = "k", .size = bytes.size(), .etag = {}}, "s3://bucket/k"});
  const auto parser = format->parser();
  Loaded loaded;
  std::vector<TargetColumn> sent;
  for (const LoadColumn& column : columns) {
    sent.push_back(*std::ranges::find(table.columns, column.name, &TargetColumn::name));
  }
  while (true) {
    Chunk chunk;
    ParsedChunk parsed;
    const bool there = reader->next(chunk);
    loaded.lines += chunk.lines_before;
    if (!there) break;
    parser->parse(chunk, parsed);
    const auto rows = parsed.rows.bytes();
    for (std::string& row : decode_rows({reinterpret_cast<const char*>(rows.data()), rows.size()}, sent)) {
      loaded.rows.push_back(std::move(row));
    }
    for (CopyError& error : parsed.errors) {
      error.line += static_cast<std::int64_t>(loaded.lines) + 1;
      loaded.errors.push_back(std::move(error));
    }
    loaded.lines += parsed.lines;
  }
  return loaded;
}

std::uint64_t parse_object(const CopyStatement& statement, const TargetTable& table, std::string_view bytes) {
  const auto columns = columns_to_load(statement, table);
  const auto format = record_format(statement, columns, {}, 0);
  OneObject store(bytes, bytes.size());
  const auto reader = format->open({&store, {.key = "k", .size = bytes.size(), .etag = {}}, "s3://bucket/k"});
  const auto parser = format->parser();
  Chunk chunk;
  ParsedChunk parsed;
  std::uint64_t loaded = 0;
  while (reader->next(chunk)) {
    parser->parse(chunk, parsed);
    loaded += parsed.loaded;
    parsed.clear();
    chunk.bytes.clear();
  }
  return loaded;
}

std::string describe(const CopyError& error) {
  const std::string column =
      error.column.empty() ? "-" : fmt::format("{} {} ({})", error.column, error.type, error.column_length);
  return fmt::format("line {}: {}: {} {}; at {} '{}' of '{}'", error.line, column, error.code, error.reason,
                     error.position, text_of(error.raw_field_value), text_of(error.raw_line));
}

void expect_rows_or_an_error(std::string_view options, std::string_view table, std::string_view bytes) {
  try {
    load_object(statement_of(options), table_of(table), bytes, {});
  } catch (const SqlError&) {
    return;  // of the file as a whole
  } catch (const Error&) {
    return;  // of its bytes
  }
}

void expect_same_in_any_chunks(std::string_view options, std::string_view bytes) {
  static const TargetTable table =
      table_of("i int4, s varchar(5), n numeric(8,3), b bool, f float8, t timestamptz, d date, c char(3)");
  const CopyStatement statement = statement_of(options);
  const Loaded whole = load_object(statement, table, bytes, {});
  for (const std::size_t size : {1, 7, 64}) {
    const Loaded cut = load_object(statement, table, bytes, {.chunk = size});
    const bool same_errors = std::ranges::equal(cut.errors, whole.errors, {}, describe, describe);
    if (cut.rows != whole.rows || cut.lines != whole.lines || !same_errors) std::abort();
  }
}

}  // namespace penstock::endpoint::testing
