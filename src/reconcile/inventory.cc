#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "codec/decompress.h"
#include "columnar/batch_input.h"
#include "columnar/file_batches.h"
#include "columnar/text_batches.h"
#include "columnar/value_rows.h"
#include "load/instant.h"
#include "penstock/error.h"
#include "penstock/uri.h"
#include "reconcile/inventory_manifest.h"
#include "reconcile/key_listing.h"
#include "reconcile/key_sorter.h"
#include "store/md5.h"
#include "store/s3_address.h"

namespace penstock::reconcile {
namespace {

using Format = InventoryManifest::Format;

constexpr std::uint64_t kMostManifestBytes = std::uint64_t{64} << 20;
constexpr std::size_t kCsvMemory = std::size_t{32} << 20;
constexpr std::size_t kCsvChunk = std::size_t{1} << 20;
constexpr std::size_t kStep = std::size_t{1} << 20;
constexpr std::size_t kMostKeyBytes = 1024;
constexpr std::size_t kMostEtagBytes = 256;

std::string_view unquoted(std::string_view etag) {
  const bool is_quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return is_quoted ? etag.substr(1, etag.size() - 2) : etag;
}

// 2015-10-21T07:28:00.000Z of CSV, 2015-10-21 07:28:00 of a timestamp.
std::optional<std::chrono::sys_seconds> time_of(std::string_view text) {
  const auto spelled = read_rfc3339(text);
  const bool is_whole = spelled && spelled->length == text.size();
  const auto instant = is_whole ? std::optional(spelled->instant) : read_sql_instant(text);
  if (!instant) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*instant);
}

class Inventory {
 public:
  Inventory(const std::string& uri, std::string_view bucket, std::string_view prefix, const ReconcileContext& context)
      : uri_(uri), prefix_(prefix), context_(context) {
    const S3Uri place = parse_s3_uri(uri);
    const auto store = context.buckets.open(place.bucket);
    manifest_ = parse_inventory_manifest(read_all(*store, place.key, kMostManifestBytes), uri, bucket);
    files_ = context.buckets.open(manifest_.files_bucket.empty() ? place.bucket : manifest_.files_bucket);
  }

  [[nodiscard]] const std::optional<std::chrono::sys_seconds>& created() const { return manifest_.created; }

  // Of all its files.
  std::unique_ptr<ObjectListing> sorted() {
    KeySorter sorter(context_.environment("TMPDIR").value_or("/tmp"));
    for (const InventoryFile& file : manifest_.files) read(file, sorter);
    return sorter.sorted();
  }

 private:
  [[nodiscard]] Error refused(const InventoryFile& file, std::string_view what) const {
    return Error(ErrorKind::refused,
                 fmt::format("{}, listed by {}: {}", printable(files_->uri_of(file.key)), printable(uri_), what));
  }

  void stop_if_asked() const {
    if (context_.stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, fmt::format("read the inventory {}: stopped as asked", printable(uri_)));
    }
  }

  void read(const InventoryFile& file, KeySorter& into) {
    const ObjectInfo object = verified(file);
    auto batches = manifest_.format == Format::csv ? csv(file, object) : columns(object);
    const auto wanted = inventory_columns(columnar::names_of(*batches), files_->uri_of(file.key));
    columnar::ValueRows rows(std::move(batches), files_->uri_of(file.key), wanted.names);
    while (rows.next()) {
      if (rows.row() % 1000 == 0) stop_if_asked();
      if (auto found = object_of(file, rows, wanted)) into.add(*std::move(found));
    }
  }

  // The file, if it is what the manifest says. An ETag that is the MD5 says so by itself; with others, it is read.
  ObjectInfo verified(const InventoryFile& file) {
    stop_if_asked();
    auto object = files_->head(file.key);
    if (!object) throw refused(file, "there is no such object");
    if (object->size != file.size) {
      throw refused(file, fmt::format("it has {} bytes, and {} when it was listed", object->size, file.size));
    }
    if (object->etag == file.md5) return *std::move(object);
    Md5 md5;
    std::vector<std::byte> buffer(kStep);
    const auto reader = files_->open(*object);
    while (const std::size_t count = reader->read(buffer)) {
      stop_if_asked();
      md5.update(std::span(buffer).first(count));
    }
    const std::string found = to_hex(md5.digest());
    if (found != file.md5) {
      throw refused(file, fmt::format("its MD5 is {}, and {} when it was listed", found, file.md5));
    }
    return *std::move(object);
  }

  std::unique_ptr<columnar::BatchReader> columns(const ObjectInfo& object) {
    std::vector<columnar::FileInput> files{
        {.name = files_->uri_of(object.key), .store = files_.get(), .object = object}};
    const columnar::FileReading how{.stop = context_.stop};
    return manifest_.format == Format::orc ? columnar::orc_batches(std::move(files), how)
                                           : columnar::parquet_batches(std::move(files), how);
  }

  std::unique_ptr<columnar::BatchReader> csv(const InventoryFile& file, const ObjectInfo& object) {
    const std::string name = files_->uri_of(file.key);
    const InventoryColumns wanted = inventory_columns(manifest_.columns, uri_);
    columnar::TextBatchOptions options{
        .shape = staging::CsvShape{.fields = manifest_.columns.size()}, .memory = kCsvMemory, .chunk_bytes = kCsvChunk};
    for (std::size_t i = 0; i < manifest_.columns.size(); ++i) {
      if (std::ranges::find(wanted.names, manifest_.columns[i]) == wanted.names.end()) continue;
      options.columns.push_back(
          {.name = manifest_.columns[i], .type = table::parse_type("varchar(65535)").value(), .field = i});
    }
    std::vector<staging::Input> inputs;
    inputs.push_back({.name = name, .open = [this, object, name] {
                        return decompressed(files_->open(object), codec_of(object.key), name);
                      }});
    return columnar::text_batches(std::move(inputs), std::move(options), context_.stop);
  }

  // nullopt: of another prefix, or no longer there.
  std::optional<ObjectInfo> object_of(const InventoryFile& file, columnar::ValueRows& rows,
                                      const InventoryColumns& columns) const {
    const auto bad = [&](std::size_t column, std::string_view what) {
      return refused(file, fmt::format("row {}, column {}: {}", rows.row(), columns.names.at(column), what));
    };
    const auto text = [&](std::size_t column) {
      const auto value = rows.value(column);
      if (!value) throw bad(column, "there is no value");
      return *value;
    };
    const auto is_set = [&](std::size_t column) {
      const auto value = text(column);
      if (equal_ignoring_case(value, "true")) return true;
      if (equal_ignoring_case(value, "false")) return false;
      throw bad(column, fmt::format("'{}' is neither true nor false", printable(value)));
    };
    if (columns.is_latest && !is_set(*columns.is_latest)) return std::nullopt;
    if (columns.is_delete_marker && is_set(*columns.is_delete_marker)) return std::nullopt;
    const std::string_view spelled = text(kInventoryKey);
    ObjectInfo object;
    object.key = manifest_.format == Format::csv ? uri_decode(spelled) : std::string(spelled);
    if (object.key.empty() || object.key.size() > kMostKeyBytes || !is_utf8(object.key)) {
      throw bad(kInventoryKey, fmt::format("'{}' is no key of an object", printable(object.key)));
    }
    if (!object.key.starts_with(prefix_)) return std::nullopt;
    const std::string_view size = text(kInventorySize);
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), object.size);
    if (error != std::errc() || end != size.data() + size.size()) {
      throw bad(kInventorySize, fmt::format("'{}' is no number of bytes", printable(size)));
    }
    const std::string_view time = text(kInventoryLastModified);
    const auto modified = time_of(time);
    if (!modified) throw bad(kInventoryLastModified, fmt::format("'{}' is no time", printable(time)));
    object.last_modified = *modified;
    object.etag = unquoted(text(kInventoryEtag));
    if (object.etag.empty() || object.etag.size() > kMostEtagBytes) throw bad(kInventoryEtag, "it is no ETag");
    return object;
  }

  const std::string uri_;
  const std::string prefix_;
  const ReconcileContext& context_;
  InventoryManifest manifest_;
  std::unique_ptr<ObjectStore> files_;
};

// Read when the first is asked for.
class InventoryListing final : public ObjectListing {
 public:
  InventoryListing(std::string uri, std::unique_ptr<Inventory> inventory)
      : uri_(std::move(uri)), inventory_(std::move(inventory)) {}

  std::optional<ObjectInfo> next() override {
    if (!sorted_) sorted_ = inventory_->sorted();
    auto object = sorted_->next();
    if (!object) return std::nullopt;
    if (object->key == last_) {
      throw Error(ErrorKind::refused, fmt::format("{}: it lists the key '{}' twice, so that it can't be told which of "
                                                  "the two is there; list the bucket, or take another inventory",
                                                  printable(uri_), printable(object->key)));
    }
    last_ = object->key;
    return object;
  }

 private:
  const std::string uri_;
  const std::unique_ptr<Inventory> inventory_;
  std::unique_ptr<ObjectListing> sorted_;
  std::string last_;
};

}  // namespace

std::unique_ptr<ObjectListing> read_inventory(const std::string& manifest_uri, const std::string& bucket,
                                              const std::string& prefix, const ReconcileContext& context,
                                              std::vector<std::string>& notes) {
  auto inventory = std::make_unique<Inventory>(manifest_uri, bucket, prefix, context);
  notes.push_back(inventory->created()
                      ? fmt::format("the inventory was made at {}: what came or went since is not in it",
                                    to_rfc3339(*inventory->created()))
                      : "the inventory does not say when it was made");
  return std::make_unique<InventoryListing>(manifest_uri, std::move(inventory));
}

}  // namespace penstock::reconcile
