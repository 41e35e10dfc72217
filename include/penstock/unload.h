// A query's rows into S3, written by the cluster itself: UNLOAD.
//
// The rows are one snapshot's. What a failed or stopped UNLOAD had written stays where it is: S3 knows no rollback.
//
// Threads:  unload() is called from one thread; the context's `stop` may be requested from any.
// Errors:   Error: invalid (options), refused (the query; something begins with the URI already), denied, and those of
//           the cluster and of S3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace penstock {

struct LoadContext;  // load.h

// text: fields between delimiters, as UNLOAD writes them by default. json: an object a line.
enum class UnloadFormat { text, csv, json, parquet };

enum class UnloadCompression { none, gzip, bzip2, zstd };

// What becomes of objects whose keys begin with the URI.
enum class UnloadOver {
  nothing,     // there must be none
  same_names,  // those with the names of the new ones are overwritten, others stay
  all,         // all are removed before
};

struct UnloadOptions {
  UnloadFormat format = UnloadFormat::text;
  UnloadCompression compression = UnloadCompression::none;  // Parquet is compressed inside, always
  UnloadOver over = UnloadOver::nothing;
  bool parallel = true;                         // false: one object after the other, in the query's order
  bool header = false;                          // a line of column names in each object; text and CSV
  std::optional<char> delimiter{};              // text, | by default, and CSV, a comma
  bool quotes = false;                          // around every field; text. CSV quotes what must be
  bool escape = false;                          // a backslash before what would end a field or record; text
  std::optional<std::string> null_as{};         // text and CSV; nothing by default
  std::optional<std::uint32_t> max_file_mb{};   // of an object, 5 to 6200; the cluster's default is 6200
  std::optional<std::uint32_t> row_group_mb{};  // Parquet, 32 to 128
  bool manifest = false;                        // <uri>manifest stays, and names the objects
  std::string kms_key_id{};                     // encrypts by this key; empty: as the bucket does
};

struct UnloadedObject {
  std::string uri;
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
};

struct Unloaded {
  std::vector<UnloadedObject> objects;  // of a query without rows: none
  std::uint64_t rows = 0;
};

std::vector<std::string> problems_of(const UnloadOptions& options);

// s3_uri: what the keys begin with; ends in / for a folder. Of the context, REDSHIFT_ROLE_ARN or the AWS chain is what
// the cluster writes by, and AWS_REGION the bucket's region.
Unloaded unload(const std::string& query, const std::string& s3_uri, const UnloadOptions& options,
                const LoadContext& context);

}  // namespace penstock
