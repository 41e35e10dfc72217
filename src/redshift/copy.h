// The text of COPY … FROM S3, as penstock sends it: always a manifest, always named columns, MAXERROR 0.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "penstock/secret.h"
#include "redshift/sql.h"

namespace penstock::redshift {

struct IamRole {
  std::string arn;  // or "default"
};
struct SessionKeys {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
};
using CopyAccess = std::variant<IamRole, SessionKeys>;

Statement access_clause(const CopyAccess& access);

struct CsvFormat {
  char delimiter = ',';
  char quote = '"';
  int ignore_header = 0;
};
struct TextFormat {  // UNLOAD's: DELIMITER with ESCAPE
  char delimiter = '|';
};
struct JsonFormat {
  std::string paths = "auto";  // or s3://… of a jsonpaths file
};
struct ParquetFormat {};
struct OrcFormat {};
using CopyFormat = std::variant<CsvFormat, TextFormat, JsonFormat, ParquetFormat, OrcFormat>;

enum class CopyCompression { none, gzip, zstd, bzip2, lzop };

struct CopyOptions {
  Statement table;  // its name, with or without a schema
  std::vector<std::string> columns;
  std::string manifest_uri;
  CopyAccess access;
  std::optional<std::string> region;
  CopyFormat format;
  CopyCompression compression = CopyCompression::none;
  std::optional<std::string> null_as;  // text and CSV only
  bool empty_as_null = false;          // EMPTYASNULL; not for Parquet and ORC
};

// Dates and times are read with 'auto'; ROUNDEC where the format takes it; COMPUPDATE OFF STATUPDATE OFF (never inside
// the transaction). Options that a format refuses are left out.
Statement copy_statement(const CopyOptions& options);

}  // namespace penstock::redshift
