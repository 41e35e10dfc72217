#include "redshift/unload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace penstock::redshift {
namespace {

using testing::HasSubstr;
using testing::Not;

const UnloadTarget kTarget{.uri = "s3://bucket/out/part-", .access = IamRole{"default"}, .region = std::nullopt};

// golden/unload.txt is what is sent, secrets masked: UPDATE_GOLDEN=1 rewrites it.
TEST(Unload, SaysExactlyThis) {
  struct Case {
    const char* name;
    UnloadTarget target;
    UnloadOptions options;
  };
  const UnloadTarget with_keys{
      .uri = "s3://bucket/it's",
      .access = SessionKeys{"ASIAIOSFODNN7EXAMPLE", Secret("canary-secret"), Secret("canary-token")},
      .region = "eu-west-1"};
  const std::vector<Case> cases{
      {"by default", kTarget, {}},
      {"text with all of its options",
       with_keys,
       {.compression = UnloadCompression::gzip,
        .over = UnloadOver::same_names,
        .parallel = false,
        .header = true,
        .delimiter = '\t',
        .quotes = true,
        .escape = true,
        .null_as = "\\N",
        .max_file_mb = 150}},
      {"CSV",
       kTarget,
       {.format = UnloadFormat::csv,
        .compression = UnloadCompression::zstd,
        .over = UnloadOver::all,
        .delimiter = ';',
        .null_as = "NULL"}},
      {"JSON in bzip2", kTarget, {.format = UnloadFormat::json, .compression = UnloadCompression::bzip2}},
      {"Parquet, encrypted",
       kTarget,
       {.format = UnloadFormat::parquet, .max_file_mb = 256, .row_group_mb = 64, .kms_key_id = "a-key"}}};
  std::string text;
  for (const Case& c : cases) {
    const auto statement = unload_statement("SELECT 'it''s', E'a\\\\b' FROM \"t\"", c.target, c.options);
    text += "-- " + std::string(c.name) + "\n" + statement.shown() + ";\n\n";
  }
  const char* const path = "golden/unload.txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  EXPECT_EQ(text, (std::string{std::istreambuf_iterator<char>(file), {}}));
  EXPECT_THAT(text, Not(HasSubstr("canary")));
}

TEST(Unload, QuotesItsQueryAsRedshiftReadsIt) {
  EXPECT_THAT(unload_statement("SELECT 'a', '\\\\'", kTarget, {}).text(),
              HasSubstr("UNLOAD ('SELECT ''a'', ''\\\\\\\\''')\n"));
}

}  // namespace
}  // namespace penstock::redshift
