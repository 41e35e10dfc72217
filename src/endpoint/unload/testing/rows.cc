#include "endpoint/unload/testing/rows.h"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

#include "endpoint/copy/testing/loading.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint::testing {
namespace {

class SharedBuckets final : public Buckets {
 public:
  explicit SharedBuckets(Buckets& to) : to_(to) {}
  std::unique_ptr<ObjectStore> open(std::string_view bucket) override { return to_.open(bucket); }
  void create_bucket(std::string_view) override {}

 private:
  Buckets& to_;
};

std::uint32_t oid_of(std::string_view type) {
  static const std::map<std::string_view, std::uint32_t> kTypes{
      {"bool", 16},   {"bytea", 17},   {"int8", 20},        {"int2", 21},          {"int4", 23},      {"text", 25},
      {"json", 114},  {"float4", 700}, {"float8", 701},     {"char", 1042},        {"varchar", 1043}, {"date", 1082},
      {"time", 1083}, {"jsonb", 3802}, {"timestamp", 1114}, {"timestamptz", 1184}, {"numeric", 1700}};
  return kTypes.at(type);
}

ResultColumn column_of(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto blank = text.find(' ');
  ResultColumn column{.name = std::string(text.substr(0, blank))};
  std::string_view type = text.substr(blank + 1);
  const auto open = type.find('(');
  column.type_oid = oid_of(type.substr(0, open));
  if (open == std::string_view::npos) return column;
  int first = 0;
  int second = 0;
  const char* end = type.data() + type.size();
  const auto read = std::from_chars(type.data() + open + 1, end, first);
  if (*read.ptr == ',') std::from_chars(read.ptr + 1, end, second);
  column.type_modifier = (column.type_oid == oid_of("numeric") ? first << 16 | second : first) + 4;
  return column;
}

// At each separator outside of parentheses.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == separator && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

UnloadStatement unload_of(std::string_view options) {
  const bool parallel = options.find("parallel") != std::string_view::npos;
  const std::string sql = fmt::format("UNLOAD ('SELECT 1') TO 's3://bucket/p' IAM_ROLE default {} {}",
                                      parallel ? "" : "PARALLEL OFF", options);
  return parse_unload(lex(sql));
}

std::vector<ResultColumn> columns_of(std::string_view text) {
  std::vector<ResultColumn> columns;
  for (const auto& column : split(text, ',')) columns.push_back(column_of(column));
  return columns;
}

Rows::Rows(std::vector<ResultColumn> columns, const std::vector<std::string>& rows) : columns_(std::move(columns)) {
  for (const auto& row : rows) {
    auto& fields = rows_.emplace_back();
    for (const auto& field : split(row, '|')) {
      fields.push_back(field == "NULL" ? std::nullopt : std::optional(bytes_of(field)));
    }
  }
}

std::vector<ResultColumn> Rows::describe(const std::string&) { return columns_; }

void Rows::begin(const std::string& begun, const std::vector<bool>&) { query = begun; }

std::optional<std::span<const ResultField>> Rows::next() {
  if (next_ == rows_.size()) {
    if (fails) throw SqlError("22012", "division by zero");
    return std::nullopt;
  }
  const auto& row = rows_[next_++];
  row_.assign(row.begin(), row.end());
  return row_;
}

Target::Target() : Target(open_memory()) {}
Target::Target(std::unique_ptr<Buckets> buckets) : buckets_(std::move(buckets)) { buckets_->create_bucket("bucket"); }

UnloadEnvironment Target::environment() const {
  return {
      .connect = [this](const auto&) { return std::make_unique<SharedBuckets>(*buckets_); }, .query_id = 7, .stop = {}};
}

std::map<std::string, std::string> Target::objects() const {
  std::map<std::string, std::string> out;
  const auto store = buckets_->open("bucket");
  const auto listing = store->list("");
  while (const auto object = listing->next()) out[object->key] = read_all(*store, *object, 64 << 20);
  return out;
}

void Target::put(const std::string& key) const { write_all(*buckets_->open("bucket"), key, "x"); }

}  // namespace penstock::endpoint::testing
