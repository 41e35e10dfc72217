#include "penstock/unload.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/text.h"
#include "format/manifest.h"
#include "load/access.h"
#include "load/target_steps.h"
#include "penstock/error.h"
#include "penstock/load.h"
#include "penstock/uri.h"
#include "redshift/connection.h"
#include "redshift/unload.h"

namespace penstock {
namespace {

using redshift::Connection;
using redshift::Sql;

constexpr std::uint32_t kLeastFile = 5;  // MB
constexpr std::uint32_t kLargestFile = 6200;
constexpr std::uint32_t kLeastRowGroup = 32;
constexpr std::uint32_t kLargestRowGroup = 128;

std::string_view name_of(UnloadFormat format) {
  switch (format) {
    case UnloadFormat::csv:
      return "CSV";
    case UnloadFormat::json:
      return "JSON";
    case UnloadFormat::parquet:
      return "Parquet";
    case UnloadFormat::text:
      break;
  }
  return "text";
}

// What the manifest says of its objects; a header is no row.
Unloaded read_manifest(ObjectStore& store, const ObjectInfo& manifest, bool has_headers) {
  const std::string uri = store.uri_of(manifest.key);
  Unloaded unloaded;
  for (const auto& entry : format::parse_manifest(read_all(store, manifest, format::kMaxManifestBytes), uri)) {
    if (!entry.content_length || !entry.record_count || (has_headers && *entry.record_count == 0)) {
      throw Error(ErrorKind::refused,
                  fmt::format("{} does not say how many rows {} has", printable(uri), printable(entry.url)));
    }
    const std::uint64_t rows = *entry.record_count - (has_headers ? 1U : 0U);
    unloaded.objects.push_back({entry.url, *entry.content_length, rows});
    unloaded.rows += rows;
  }
  return unloaded;
}

}  // namespace

std::vector<std::string> problems_of(const UnloadOptions& options) {
  std::vector<std::string> problems;
  const bool is_text = options.format == UnloadFormat::text;
  const bool has_fields = is_text || options.format == UnloadFormat::csv;
  const auto refuse = [&](bool given, std::string_view what) {
    if (given) problems.push_back(fmt::format("UNLOAD to {} has no {}", name_of(options.format), what));
  };
  refuse(options.header && !has_fields, "header");
  refuse(options.delimiter && !has_fields, "delimiter");
  refuse(options.null_as && !has_fields, "text for NULL");
  refuse(options.quotes && !is_text, "quotes around every field");
  refuse(options.escape && !is_text, "escapes");
  const bool is_parquet = options.format == UnloadFormat::parquet;
  refuse(options.compression != UnloadCompression::none && is_parquet, "compression of the whole");
  refuse(options.row_group_mb && !is_parquet, "row groups");
  if (options.delimiter) {
    const char c = *options.delimiter;
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    if (!is_ascii || c == '\n' || c == '\r' || c == '\0' || c == '"' || c == '\\') {
      problems.emplace_back("the delimiter must be one ASCII character, and no line end, quote or backslash");
    }
  }
  const auto check_size = [&](std::optional<std::uint32_t> given, std::uint32_t least, std::uint32_t largest,
                              std::string_view what) {
    if (given && (*given < least || *given > largest)) {
      problems.push_back(fmt::format("{} of {} MB: {} to {} are taken", what, *given, least, largest));
    }
  };
  check_size(options.max_file_mb, kLeastFile, kLargestFile, "a largest object");
  check_size(options.row_group_mb, kLeastRowGroup, kLargestRowGroup, "row groups");
  return problems;
}

Unloaded unload(const std::string& query, const std::string& s3_uri, const UnloadOptions& options,
                const LoadContext& context) {
  if (const auto problems = problems_of(options); !problems.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  const S3Uri to = parse_s3_uri(s3_uri);
  const auto statement = redshift::unload_statement(
      query, {.uri = s3_uri, .access = copy_access(context), .region = copy_region(context)}, options);
  Connection connection(context.connection, {.application_name = "penstock unload", .stop = context.stop}, context.log);
  // all digits of floating point numbers; by default they are cut to 15
  connection.execute(Sql("SET extra_float_digits TO 2"), "preparing the session");
  connection.execute(statement, "UNLOAD");
  const auto count = connection.execute(Sql("SELECT pg_last_unload_count()"), "asking how many rows were unloaded");
  // Of no rows a cluster writes no objects and no manifest, or empty objects, as it likes.
  if (number_of(count.scalar()) == 0) return {};

  const auto store = context.buckets.open(to.bucket);
  const std::string key = to.key + "manifest";
  const auto manifest = store->head(key);
  if (!manifest) {
    throw Error(ErrorKind::unavailable, fmt::format("UNLOAD wrote {} rows, and its manifest {} is not there",
                                                    count.scalar().value_or("?"), printable(store->uri_of(key))));
  }
  Unloaded unloaded = read_manifest(*store, *manifest, options.header);
  if (!options.manifest) store->remove(std::vector{key}, {.even_when_stopped = true});
  return unloaded;
}

}  // namespace penstock
