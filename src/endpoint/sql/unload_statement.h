// UNLOAD ('query') TO 's3://…', parsed: every option of Redshift's UNLOAD is known; what is not carried out is refused
// by name, never swallowed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "endpoint/sql/authorization.h"
#include "endpoint/sql/fixed_width_column.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

enum class UnloadFormat { delimited, fixed_width, csv, json, parquet };
enum class UnloadCodec { none, gzip, zstd, bzip2 };
enum class UnloadEncryption { bucket, s3_key, kms_key };  // as the bucket does by itself; asked for, object by object

struct UnloadStatement : Authorization {
  std::string query;   // for PostgreSQL
  std::string target;  // s3://bucket/name-prefix

  UnloadFormat format = UnloadFormat::delimited;
  UnloadCodec codec = UnloadCodec::none;
  UnloadEncryption encryption = UnloadEncryption::bucket;
  std::string kms_key_id;  // of kms_key
  std::optional<char> delimiter;
  std::vector<FixedWidthColumn> fixed_width;
  bool header = false;
  bool add_quotes = false;
  bool escape = false;
  std::optional<std::string> null_as;

  std::vector<std::string> partition_by;
  bool partition_include = false;  // the files keep the partition columns
  bool manifest = false;
  bool manifest_verbose = false;
  bool allow_overwrite = false;
  bool clean_path = false;
  bool parallel = true;
  std::uint64_t max_file_size = 0;   // bytes; 0: not given
  std::uint64_t row_group_size = 0;  // bytes; 0: not given
  std::optional<std::string> extension;
};

// The query is as written in its literal. Throws SqlError (42601 for syntax, 0A000 for what is not supported).
UnloadStatement parse_unload(std::span<const Token> tokens);

}  // namespace penstock::endpoint
