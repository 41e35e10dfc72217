#include "redshift/copy.h"

#include <fmt/format.h>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::redshift {
namespace {

template <typename... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Match(Cases...) -> Match<Cases...>;

Literal delimiter_literal(char delimiter, std::string_view taken_by_format) {
  const bool ascii = static_cast<unsigned char>(delimiter) < 0x80;
  if (!ascii || delimiter == '\n' || delimiter == '\r' || delimiter == '\0' ||
      taken_by_format.find(delimiter) != std::string_view::npos) {
    throw Error(ErrorKind::invalid, fmt::format("the delimiter '{}' can't separate fields: one ASCII character is "
                                                "wanted, and no line end, quote or backslash",
                                                printable(std::string_view(&delimiter, 1))));
  }
  return Literal(std::string_view(&delimiter, 1));
}

Statement format_clause(const CopyFormat& format) {
  return std::visit(Match{[](const CsvFormat& csv) {
                            Statement clause = Sql("FORMAT AS CSV DELIMITER ")
                                               << delimiter_literal(csv.delimiter, std::string_view(&csv.quote, 1));
                            if (csv.quote != '"') clause << " QUOTE " << Literal(std::string_view(&csv.quote, 1));
                            if (csv.ignore_header > 0) clause << " IGNOREHEADER " << csv.ignore_header;
                            return clause;
                          },
                          [](const TextFormat& text) {
                            return Sql("DELIMITER ") << delimiter_literal(text.delimiter, "\\") << " ESCAPE";
                          },
                          [](const JsonFormat& json) { return Sql("FORMAT AS JSON ") << Literal(json.paths); },
                          [](const ParquetFormat&) -> Statement { return Sql("FORMAT AS PARQUET"); },
                          [](const OrcFormat&) -> Statement { return Sql("FORMAT AS ORC"); }},
                    format);
}

Statement compression_clause(CopyCompression compression) {
  switch (compression) {
    case CopyCompression::gzip:
      return Sql("\nGZIP");
    case CopyCompression::zstd:
      return Sql("\nZSTD");
    case CopyCompression::bzip2:
      return Sql("\nBZIP2");
    case CopyCompression::lzop:
      return Sql("\nLZOP");
    case CopyCompression::none:
      break;
  }
  return {};
}

}  // namespace

Statement access_clause(const CopyAccess& access) {
  return std::visit(Match{[](const IamRole& role) -> Statement {
                            if (role.arn == "default") return Sql("IAM_ROLE default");
                            return Sql("IAM_ROLE ") << Literal(role.arn);
                          },
                          [](const SessionKeys& keys) {
                            Statement clause = Sql("ACCESS_KEY_ID ")
                                               << Literal(keys.access_key_id) << "\nSECRET_ACCESS_KEY "
                                               << SecretLiteral(keys.secret_access_key);
                            if (!keys.session_token.empty())
                              clause << "\nSESSION_TOKEN " << SecretLiteral(keys.session_token);
                            return clause;
                          }},
                    access);
}

Statement copy_statement(const CopyOptions& options) {
  if (options.columns.empty()) throw Error(ErrorKind::internal, "a COPY names its columns, and here are none");
  const bool columnar =
      std::holds_alternative<ParquetFormat>(options.format) || std::holds_alternative<OrcFormat>(options.format);
  const bool json = std::holds_alternative<JsonFormat>(options.format);
  Statement copy =
      Sql("COPY ") << options.table << " ("
                   << comma_separated(options.columns, [](const std::string& name) { return Identifier(name); })
                   << ")\nFROM " << Literal(options.manifest_uri) << "\n"
                   << access_clause(options.access) << "\nMANIFEST\n"
                   << format_clause(options.format);
  if (columnar) return copy << "\nSTATUPDATE OFF";  // it refuses all that follows

  copy << compression_clause(options.compression);
  if (options.region) copy << "\nREGION " << Literal(*options.region);
  if (options.null_as && !json) {
    if (*options.null_as == "\n") throw Error(ErrorKind::invalid, "a line end can't stand for NULL");
    copy << "\nNULL AS " << Literal(*options.null_as);
  }
  if (options.empty_as_null) copy << "\nEMPTYASNULL";
  return copy << "\nDATEFORMAT 'auto'\nTIMEFORMAT 'auto'\nROUNDEC\nMAXERROR 0\nCOMPUPDATE OFF\nSTATUPDATE OFF";
}

}  // namespace penstock::redshift
