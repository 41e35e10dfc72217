#include "move/text_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "format/csv_header.h"
#include "load/replayed.h"
#include "load/waiting_reader.h"
#include "penstock/error.h"

namespace penstock::network {
namespace {

// An object by ranges, of which each is asked for when it is needed: whoever stops early has paid for little.
class Ranges final : public ObjectReader {
 public:
  Ranges(std::shared_ptr<ObjectStore> store, ObjectInfo object)
      : store_(std::move(store)), object_(std::move(object)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (buffer.empty()) return 0;
    for (;;) {
      if (range_) {
        if (const std::size_t count = range_->read(buffer)) return count;
      }
      if (range_ && at_ >= object_.size) return 0;
      range_ = store_->open(object_, ByteRange{at_, length_});
      at_ += length_;
      length_ = std::min(2 * length_, kLargest);
    }
  }

 private:
  static constexpr std::uint64_t kSmallest = 256 << 10;
  static constexpr std::uint64_t kLargest = 8 << 20;

  const std::shared_ptr<ObjectStore> store_;
  const ObjectInfo object_;
  std::unique_ptr<ObjectReader> range_;
  std::uint64_t at_ = 0;
  std::uint64_t length_ = kSmallest;
};

class Opening {
 public:
  Opening(const Resource& source, const TextOptions& options, Buckets& buckets, const std::stop_token& stop)
      : source_(source), options_(options), stop_(stop) {
    if (source.place == Place::s3) store_ = buckets.open(source.s3.bucket);
  }

  TextSource open() {
    if (source_.format == Format::json) refuse_dialect();
    found_.size = source_.bytes;
    if (source_.place == Place::standard) {
      add_stdin();
    } else {
      for (const Item& item : source_.items) add(item);
    }
    if (!options_.columns.empty()) found_.names = options_.columns;
    if (source_.format == Format::json) {
      found_.shape = staging::JsonShape{};
    } else {
      found_.shape = staging::CsvShape{
          .dialect = {.delimiter = source_.delimiter, .quote = options_.quote, .escape = options_.escape},
          .fields = found_.names.size(),
          .null_text = options_.null_as};
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool has_header() const { return source_.format == Format::csv && options_.columns.empty(); }

  void refuse_dialect() const {
    std::vector<std::string> given;
    if (!options_.columns.empty()) given.emplace_back("--columns");
    if (options_.quote != TextOptions{}.quote) given.emplace_back("--quote");
    if (options_.escape) given.emplace_back("--escape");
    if (!options_.null_as.empty()) given.emplace_back("--null-as");
    if (given.empty()) return;
    throw Error(ErrorKind::invalid, fmt::format("{} is JSON, in which {} would say nothing", printable(source_.name),
                                                fmt::join(given, ", ")));
  }

  void add_stdin() {
    const std::shared_ptr<ObjectReader> reader = decompressed(open_stdin(stop_), source_.codec, source_.name);
    std::string begun;
    if (has_header()) {
      Kept kept(*reader);
      take_header(kept, source_.name);
      begun = kept.take();
    }
    found_.inputs.push_back({.name = source_.name,
                             .open = [begun, reader] { return std::make_unique<Replayed>(begun, reader); },
                             .skip = has_header() ? 1U : 0U});
  }

  void add(const Item& item) {
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while opening " + printable(item.name));
    auto open = [item, store = store_, codec = source_.codec, beginning = options_.beginning, stop = stop_] {
      return decompressed(bytes_of(item, store, beginning, stop), codec, item.name);
    };
    if (has_header()) {
      const auto reader = decompressed(bytes_of(item, store_, true, stop_), source_.codec, item.name);
      take_header(*reader, item.name);
    }
    found_.inputs.push_back({.name = item.name, .open = std::move(open), .skip = has_header() ? 1U : 0U});
  }

  static std::unique_ptr<ObjectReader> bytes_of(const Item& item, const std::shared_ptr<ObjectStore>& store,
                                                bool beginning, const std::stop_token& stop) {
    if (!store) return open_path(item.path, stop);
    if (beginning) return std::make_unique<Ranges>(store, item.object);
    return store->open(item.object);
  }

  void take_header(ObjectReader& reader, const std::string& name) {
    const auto record = format::first_csv_record(reader, source_.delimiter, printable(name), options_.quote);
    if (!record) {
      throw Error(ErrorKind::refused, fmt::format("{} is empty: it has no header. --columns says what a file without "
                                                  "one holds",
                                                  printable(name)));
    }
    if (first_.empty()) {
      first_ = name;
      found_.names = record->fields;
    } else if (record->fields != found_.names) {
      throw Error(ErrorKind::refused, fmt::format("{} and {} have different headers: take them one after the other",
                                                  printable(first_), printable(name)));
    }
  }

  const Resource& source_;
  const TextOptions& options_;
  const std::stop_token& stop_;
  std::shared_ptr<ObjectStore> store_;
  TextSource found_;
  std::string first_;  // whose header is known
};

}  // namespace

TextSource open_text(const Resource& source, const TextOptions& options, Buckets& buckets,
                     const std::stop_token& stop) {
  return Opening(source, options, buckets, stop).open();
}

}  // namespace penstock::network
