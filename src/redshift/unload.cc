#include "redshift/unload.h"

#include <string_view>

namespace penstock::redshift {
namespace {

Statement format_clause(const UnloadOptions& options) {
  switch (options.format) {
    case UnloadFormat::csv:
      return Sql("\nFORMAT AS CSV");
    case UnloadFormat::json:
      return Sql("\nFORMAT AS JSON");
    case UnloadFormat::parquet:
      return Sql("\nFORMAT AS PARQUET");
    case UnloadFormat::text:
      break;
  }
  return {};
}

Statement compression_clause(UnloadCompression compression) {
  switch (compression) {
    case UnloadCompression::gzip:
      return Sql("\nGZIP");
    case UnloadCompression::bzip2:
      return Sql("\nBZIP2");
    case UnloadCompression::zstd:
      return Sql("\nZSTD");
    case UnloadCompression::none:
      break;
  }
  return {};
}

Statement over_clause(UnloadOver over) {
  switch (over) {
    case UnloadOver::same_names:
      return Sql("\nALLOWOVERWRITE");
    case UnloadOver::all:
      return Sql("\nCLEANPATH");
    case UnloadOver::nothing:
      break;
  }
  return {};
}

}  // namespace

Statement unload_statement(const std::string& query, const UnloadTarget& target, const UnloadOptions& options) {
  Statement unload = Sql("UNLOAD (") << Literal(query) << Sql(")\nTO ") << Literal(target.uri) << Sql("\n")
                                     << access_clause(target.access) << Sql("\nMANIFEST VERBOSE")
                                     << format_clause(options);
  if (options.delimiter) unload << "\nDELIMITER AS " << Literal(std::string_view(&*options.delimiter, 1));
  if (options.quotes) unload << "\nADDQUOTES";
  if (options.escape) unload << "\nESCAPE";
  if (options.null_as) unload << "\nNULL AS " << Literal(*options.null_as);
  if (options.header) unload << "\nHEADER";
  unload << compression_clause(options.compression) << over_clause(options.over);
  if (!options.kms_key_id.empty()) unload << "\nKMS_KEY_ID " << Literal(options.kms_key_id) << "\nENCRYPTED";
  if (!options.parallel) unload << "\nPARALLEL OFF";
  if (options.max_file_mb) unload << "\nMAXFILESIZE " << std::int64_t{*options.max_file_mb} << " MB";
  if (options.row_group_mb) unload << "\nROWGROUPSIZE " << std::int64_t{*options.row_group_mb} << " MB";
  if (target.region) unload << "\nREGION " << Literal(*target.region);
  return unload;
}

}  // namespace penstock::redshift
