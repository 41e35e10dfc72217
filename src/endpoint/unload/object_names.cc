#include "endpoint/unload/object_names.h"

#include <fmt/format.h>

namespace penstock::endpoint {
namespace {

std::string_view extension(const UnloadStatement& statement) {
  if (statement.extension) return *statement.extension;
  if (statement.format == UnloadFormat::parquet) return ".parquet";
  switch (statement.codec) {
    case UnloadCodec::gzip:
      return ".gz";
    case UnloadCodec::zstd:
      return ".zst";
    case UnloadCodec::bzip2:
      return ".bz2";
    case UnloadCodec::none:
      break;
  }
  return "";
}

}  // namespace

std::string key_prefix(const UnloadStatement& statement, std::string_view given) {
  const bool slash = !statement.partition_by.empty() && !given.empty() && !given.ends_with('/');
  return std::string(given) + (slash ? "/" : "");
}

std::string part_key(const UnloadStatement& statement, std::string_view prefix, std::string_view folder, int slice,
                     int part) {
  const auto end = extension(statement);
  if (!statement.parallel) return fmt::format("{}{}{:03}{}", prefix, folder, part, end);
  return fmt::format("{}{}{:04}_part_{:02}{}", prefix, folder, slice, part, end);
}

std::string manifest_key(std::string_view prefix) { return fmt::format("{}manifest", prefix); }

}  // namespace penstock::endpoint
