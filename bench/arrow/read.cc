// read FOLDER-URI TYPES NULL: the objects below s3://bucket/prefix, CSV with a header, compressed or not, into batches
// of Arrow's, which are counted and dropped. TYPES: of the columns, in the order of the fields, apart by commas; NULL:
// the text of fields that are. Says as JSON how many rows there were, the sum of each column of whole numbers, how many
// values are NULL, how long it took, and what memory it took at most.
#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <deque>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "codec/decompress.h"
#include "columnar/text_batches.h"
#include "penstock/environment.h"
#include "penstock/store.h"
#include "penstock/uri.h"
#include "program.h"

namespace {

using namespace penstock;

// Objects that are read one after the other, and asked for before their turn comes.
class Ahead {
 public:
  Ahead(ObjectStore& store, std::vector<ObjectInfo> objects) : store_(store), objects_(std::move(objects)) {}

  // Of all objects in turn.
  std::unique_ptr<ObjectReader> next() {
    constexpr std::size_t kAhead = 2;
    for (; next_ < objects_.size() && open_.size() < kAhead; ++next_) open_.push_back(store_.open(objects_[next_]));
    auto reader = std::move(open_.front());
    open_.pop_front();
    return reader;
  }

 private:
  ObjectStore& store_;
  const std::vector<ObjectInfo> objects_;
  std::size_t next_ = 0;
  std::deque<std::unique_ptr<ObjectReader>> open_;
};

template <typename Array>
std::int64_t sum_of(const arrow::Array& array) {
  const auto& values = arrow::internal::checked_cast<const Array&>(array);
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < values.length(); ++i) sum += values.IsNull(i) ? 0 : values.Value(i);
  return sum;
}

std::int64_t sum_of_integers(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::INT16:
      return sum_of<arrow::Int16Array>(array);
    case arrow::Type::INT32:
      return sum_of<arrow::Int32Array>(array);
    case arrow::Type::INT64:
      return sum_of<arrow::Int64Array>(array);
    default:
      return 0;
  }
}

std::vector<columnar::SourceColumn> columns_of(const std::string& types) {
  std::vector<columnar::SourceColumn> columns;
  std::istringstream words(types);
  for (std::string word; std::getline(words, word, ',');) {
    columns.push_back(
        {.name = fmt::format("f{}", columns.size()), .type = table::parse_type(word).value(), .field = columns.size()});
  }
  return columns;
}

void read(const std::string& uri, const std::string& types, const std::string& null_text) {
  Warnings log;
  const auto buckets = open_buckets(process_environment, log);
  const S3Uri place = parse_s3_uri(uri);
  const auto store = buckets->open(place.bucket);
  std::vector<ObjectInfo> objects;
  const auto listing = store->list(place.key);
  while (auto object = listing->next()) objects.push_back(*std::move(object));
  const auto columns = columns_of(types);
  Ahead ahead(*store, objects);
  std::vector<staging::Input> inputs;
  for (const ObjectInfo& object : objects) {
    const std::string name = store->uri_of(object.key);
    const auto open = [&ahead, name] { return decompressed(ahead.next(), codec_of(name), name); };
    inputs.push_back({.name = name, .open = open, .skip = 1});
  }
  const auto started = std::chrono::steady_clock::now();
  const auto batches = columnar::text_batches(
      std::move(inputs),
      {.shape = staging::CsvShape{.fields = columns.size(), .null_text = null_text}, .columns = columns}, {});
  std::int64_t rows = 0;
  std::int64_t nulls = 0;
  std::vector<std::int64_t> sums(columns.size());
  while (const auto batch = batches->next()) {
    rows += batch->num_rows();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const arrow::Array& column = *batch->column(static_cast<int>(i));
      nulls += column.null_count();
      sums[i] += sum_of_integers(column);
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print(R"({{"rows": {}, "nulls": {}, "sums": [{}], "seconds": {:.3f}, "peak_mib": {}}})"
             "\n",
             rows, nulls, fmt::join(sums, ", "), seconds, peak_mebibytes());
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    fmt::print(stderr, "read FOLDER-URI TYPES NULL\n");
    return 2;
  }
  try {
    read(words[1], words[2], words[3]);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
