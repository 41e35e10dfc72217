#include "redshift/copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "penstock/error.h"

namespace penstock::redshift {
namespace {

using testing::HasSubstr;
using testing::Not;

const SessionKeys kKeys{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                        .secret_access_key = Secret("canary/secret'key"),
                        .session_token = Secret()};

CopyOptions options(CopyFormat format, CopyCompression compression = CopyCompression::none) {
  return {.table = Qualified{"web", "pages"},
          .columns = {"id", "seen at"},
          .manifest_uri = "s3://bucket/_penstock/1/manifest.json",
          .access = IamRole{"arn:aws:iam::123456789012:role/loader"},
          .region = std::nullopt,
          .format = std::move(format),
          .compression = compression,
          .null_as = std::nullopt};
}

struct Case {
  const char* name;
  CopyOptions options;
};

std::vector<Case> cases() {
  CopyOptions with_keys = options(CsvFormat{.delimiter = ';', .ignore_header = 1}, CopyCompression::gzip);
  with_keys.access = kKeys;
  with_keys.region = "eu-west-1";
  with_keys.null_as = "\\N";
  CopyOptions with_token = options(JsonFormat{}, CopyCompression::zstd);
  with_token.access = SessionKeys{"ASIAIOSFODNN7EXAMPLE", Secret("canary-secret"), Secret("canary-token")};
  with_token.null_as = "not JSON's";
  with_token.empty_as_null = true;
  CopyOptions by_default = options(TextFormat{.delimiter = '\t'});
  by_default.access = IamRole{"default"};
  by_default.null_as = "";
  CopyOptions columnar = options(ParquetFormat{}, CopyCompression::gzip);
  columnar.region = "eu-west-1";
  columnar.null_as = "x";
  CopyOptions hostile = options(JsonFormat{"s3://bucket/it's \\ paths.json"});
  hostile.table = Qualified{"we\"b", "pa'ges\\"};
  hostile.columns = {"a\"b", "%s"};
  hostile.manifest_uri = "s3://bucket/it's \\ here";
  return {{"CSV", options(CsvFormat{})},
          {"CSV with a header, gzip, keys, a region and NULL AS", with_keys},
          {"JSON, zstd, temporary keys; NULL AS is not for JSON", with_token},
          {"JSON by paths, and hostile names", hostile},
          {"text as UNLOAD writes it, the default role", by_default},
          {"CSV in bzip2", options(CsvFormat{}, CopyCompression::bzip2)},
          {"JSON in lzop", options(JsonFormat{}, CopyCompression::lzop)},
          {"Parquet: no region, compression, NULL AS or conversions", columnar},
          {"ORC", options(OrcFormat{})}};
}

// golden/copy.txt is what is sent, secrets masked: UPDATE_GOLDEN=1 rewrites it.
TEST(Copy, SaysExactlyThis) {
  std::string text;
  for (const Case& c : cases())
    text += "-- " + std::string(c.name) + "\n" + copy_statement(c.options).shown() + ";\n\n";
  const char* const path = "golden/copy.txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  EXPECT_EQ(text, (std::string{std::istreambuf_iterator<char>(file), {}}));
  EXPECT_THAT(text, Not(HasSubstr("canary")));
}

TEST(Copy, SendsTheSecretsThatItMasks) {
  CopyOptions with_token = options(JsonFormat{});
  with_token.access = SessionKeys{"A", Secret("can'ary"), Secret("tok\\en")};
  const Statement copy = copy_statement(with_token);
  EXPECT_THAT(copy.text(), HasSubstr("SECRET_ACCESS_KEY 'can''ary'\nSESSION_TOKEN 'tok\\\\en'"));
  EXPECT_THAT(copy.shown(), HasSubstr("SECRET_ACCESS_KEY '***'\nSESSION_TOKEN '***'"));
}

TEST(Copy, RefusesDelimitersThatCantSeparate) {
  for (const char c : {'\n', '\r', '\0', '"', '\xe9'}) {
    EXPECT_THROW(copy_statement(options(CsvFormat{.delimiter = c})), Error) << static_cast<int>(c);
  }
  EXPECT_THROW(copy_statement(options(TextFormat{.delimiter = '\\'})), Error);
  EXPECT_NO_THROW(copy_statement(options(CsvFormat{.delimiter = '\x01'})));
}

TEST(Copy, AlwaysNamesItsColumns) {
  CopyOptions none = options(CsvFormat{});
  none.columns.clear();
  EXPECT_THROW(copy_statement(none), Error);
}

}  // namespace
}  // namespace penstock::redshift
