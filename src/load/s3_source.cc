#include "load/s3_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "codec/decompress.h"
#include "format/csv_header.h"
#include "format/manifest.h"
#include "format/parquet_columns.h"
#include "load/local_files.h"
#include "load/source_name.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using redshift::CopyCompression;

std::string text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error(errno == EACCES ? ErrorKind::denied : ErrorKind::not_found,
                fmt::format("opening {}: {}", printable(path), std::strerror(errno)));
  }
  std::string text(format::kMaxManifestBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw Error(ErrorKind::unavailable, fmt::format("reading {} failed", printable(path)));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

class Finding {
 public:
  Finding(const UpsertOptions& options, Buckets& buckets, Log& log, const std::stop_token& stop)
      : options_(options), buckets_(buckets), log_(log), stop_(stop) {}

  S3Source find() {
    for (const std::string& source : options_.sources) find(source);
    if (!problems_.empty()) throw Error(ErrorKind::not_found, fmt::format("{}", fmt::join(problems_, "\n  ")));
    auto named = fix_objects(buckets_, uris_, ErrorKind::not_found, "there is no ", stop_);
    std::ranges::move(named, std::back_inserter(source_.objects));
    refuse_repeated();
    settle_format();
    read_columns();
    return std::move(source_);
  }

 private:
  void find(const std::string& source) {
    if (!is_s3_uri(source)) {
      take_manifest(format::parse_manifest(text_of_file(source), source), source);
      return;
    }
    const S3Uri uri = parse_s3_uri(source);
    if (uri.key.empty() || uri.key.ends_with('/')) {
      list(uri, [&](const std::string& key) { return !is_hidden(std::string_view(key).substr(uri.key.size())); });
    } else if (names_a_manifest(uri.key)) {
      auto found = fix_objects(buckets_, {uri}, ErrorKind::not_found, "there is no ", stop_);
      const auto store = buckets_.open(uri.bucket);
      take_manifest(
          format::parse_manifest(read_all(*store, found.front().info, format::kMaxManifestBytes), found.front().uri()),
          found.front().uri());
      source_.manifests.push_back(std::move(found.front()));
    } else if (uri.key.find('*') == std::string::npos || buckets_.open(uri.bucket)->head(uri.key)) {
      uris_.push_back(uri);
    } else {
      list(uri, [&](const std::string& key) { return is_like(key, uri.key); });
    }
  }

  void take_manifest(const std::vector<format::ManifestEntry>& entries, const std::string& origin) {
    auto named = fix_entries(buckets_, entries, origin, stop_);
    std::ranges::move(named, std::back_inserter(source_.objects));
  }

  // Keys below what stands before the first * (or below the whole prefix) that are meant; markers of folders are not.
  template <typename IsMeant>
  void list(const S3Uri& uri, IsMeant is_meant) {
    const auto store = buckets_.open(uri.bucket);
    const auto listing = store->list(std::string_view(uri.key).substr(0, uri.key.find('*')));
    const std::size_t before = uris_.size();
    while (const auto object = listing->next()) {
      if (object->key.ends_with('/') && object->size == 0) continue;
      if (is_meant(object->key)) {
        uris_.push_back({uri.bucket, object->key});
      } else {
        log_.debug(fmt::format("{} is passed over", printable(store->uri_of(object->key))));
      }
    }
    if (uris_.size() == before) {
      problems_.push_back(fmt::format("{}: there is no such object", printable(to_string(uri))));
    }
  }

  // COPY would load it twice.
  void refuse_repeated() const {
    std::set<std::string> seen;
    for (const SourceObject& object : source_.objects) {
      if (!seen.insert(object.uri()).second) {
        throw Error(ErrorKind::refused, fmt::format("{} is named twice", printable(object.uri())));
      }
    }
  }

  void settle_format() {
    std::vector<std::string> names;
    for (const SourceObject& object : source_.objects) names.push_back(object.uri());
    source_.name = name_of_several(names);
    const NameSays says = what_names_say(names, options_.format);
    source_.format = options_.format.value_or(says.format);
    source_.delimiter = options_.delimiter.value_or(says.delimiter);
    const Codec codec = codec_of(names.front());
    for (const std::string& name : names) {
      if (codec_of(name) != codec) {
        throw Error(ErrorKind::invalid, fmt::format("{} and {} are compressed differently, and one COPY reads one kind",
                                                    printable(names.front()), printable(name)));
      }
    }
    source_.compression = copy_compression(codec);
    refuse_options();
  }

  void refuse_options() const {
    if (source_.format == SourceFormat::csv) return;
    const std::string_view format = source_.format == SourceFormat::json ? "JSON" : "Parquet";
    std::vector<std::string> problems;
    const auto refuse = [&](bool given, std::string_view option) {
      if (given) problems.push_back(fmt::format("{} means nothing for {} data", option, format));
    };
    refuse(options_.delimiter.has_value(), "--delimiter");
    refuse(options_.quote != '"', "--quote");
    refuse(!options_.null_as.empty(), "--null-as");
    refuse(source_.format == SourceFormat::parquet && !options_.columns.empty(), "--columns");
    refuse(source_.format == SourceFormat::parquet && options_.empty_as_null, "--empty-as-null");
    if (source_.format == SourceFormat::parquet && source_.compression != CopyCompression::none) {
      problems.push_back(
          fmt::format("{}: Parquet is compressed inside, not as a whole", printable(source_.objects.front().uri())));
    }
    if (!problems.empty()) throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n  ")));
  }

  void read_columns() {
    if (source_.format == SourceFormat::json) return;
    if (source_.format == SourceFormat::csv && !options_.columns.empty()) {
      for (const SourceObject& object : source_.objects) refuse_byte_order_mark(object);
      source_.columns = options_.columns;
      return;
    }
    source_.has_header = source_.format == SourceFormat::csv;
    const SourceObject* first = nullptr;
    for (const SourceObject& object : source_.objects) {
      auto columns = source_.has_header ? header_of(object) : footer_of(object);
      if (columns.empty()) continue;  // an object without bytes, as UNLOAD may write it
      if (first == nullptr) {
        first = &object;
        source_.columns = std::move(columns);
      } else if (columns != source_.columns) {
        throw Error(ErrorKind::refused,
                    fmt::format("{} and {} have different {}; upsert them one after the other", printable(first->uri()),
                                printable(object.uri()), source_.has_header ? "headers" : "columns"));
      }
    }
    if (first == nullptr) {
      throw Error(ErrorKind::refused, fmt::format("{} is empty: it has no header. --columns says what a file without "
                                                  "one holds",
                                                  printable(source_.name)));
    }
  }

  [[nodiscard]] std::optional<format::CsvRecord> first_record(const SourceObject& object) const {
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while reading " + printable(object.uri()));
    const auto store = buckets_.open(object.bucket);
    const auto text = decompressed(store->open(object.info), codec_of(object.info.key), object.uri());
    return format::first_csv_record(*text, source_.delimiter, printable(object.uri()), options_.quote);
  }

  [[nodiscard]] std::vector<std::string> header_of(const SourceObject& object) const {
    auto record = first_record(object);
    return record ? std::move(record->fields) : std::vector<std::string>();
  }

  void refuse_byte_order_mark(const SourceObject& object) const {
    const auto record = first_record(object);
    if (!record || !record->after_byte_order_mark) return;
    throw Error(ErrorKind::refused, fmt::format("{} starts with a byte order mark and no header: COPY would take the "
                                                "mark for a part of the first field",
                                                printable(object.uri())));
  }

  [[nodiscard]] std::vector<std::string> footer_of(const SourceObject& object) const {
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while reading " + printable(object.uri()));
    return format::parquet_columns(*buckets_.open(object.bucket), object.info);
  }

  const UpsertOptions& options_;
  Buckets& buckets_;
  Log& log_;
  const std::stop_token& stop_;
  std::vector<S3Uri> uris_;  // beside what manifests name
  std::vector<std::string> problems_;
  S3Source source_;
};

}  // namespace

std::uint64_t S3Source::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const SourceObject& object : objects) sum += object.info.size;
  return sum;
}

S3Source open_s3_source(const UpsertOptions& options, Buckets& buckets, Log& log, const std::stop_token& stop) {
  return Finding(options, buckets, log, stop).find();
}

CopyCompression copy_compression(Codec codec) noexcept {
  switch (codec) {
    case Codec::gzip:
      return CopyCompression::gzip;
    case Codec::zstd:
      return CopyCompression::zstd;
    case Codec::bzip2:
      return CopyCompression::bzip2;
    case Codec::lzop:
      return CopyCompression::lzop;
    case Codec::none:
      break;
  }
  return CopyCompression::none;
}

bool is_like(std::string_view key, std::string_view pattern) noexcept {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;  // the last one seen, and up to where it reaches
  std::size_t star_ends = 0;
  while (at < key.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      star_ends = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == key[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++star_ends;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace penstock
