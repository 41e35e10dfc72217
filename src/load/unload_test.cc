#include "penstock/unload.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "penstock/error.h"
#include "penstock/load.h"
#include "redshift/testing/scripted_server.h"

namespace penstock {
namespace {

using servers::ScriptedReply;
using servers::ScriptedServer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A cluster whose UNLOAD writes this manifest, and says that it wrote so many rows.
class UnloadTest : public testing::Test {
 protected:
  UnloadTest() { buckets_->create_bucket("data"); }

  ScriptedReply answer(const std::string& query) {
    if (query.starts_with("UNLOAD") && !manifest_.empty()) {
      write_all(*buckets_->open("data"), "out/manifest", manifest_);
      return ScriptedReply::done("UNLOAD");
    }
    if (query.find("pg_last_unload_count") != std::string::npos) return ScriptedReply::row({std::to_string(rows_)});
    return ScriptedReply::done(query.substr(0, query.find(' ')));
  }

  Unloaded run(const UnloadOptions& options = {}) {
    const Environment environment = [](std::string_view name) -> std::optional<std::string> {
      if (name == "REDSHIFT_ROLE_ARN") return "arn:aws:iam::1:role/r";
      return std::nullopt;
    };
    return unload("SELECT 'x'", "s3://data/out/", options,
                  {server_.config(), *buckets_, environment, silence(), std::stop_token()});
  }
  bool manifest_is_there() { return buckets_->open("data")->head("out/manifest").has_value(); }

  std::unique_ptr<Buckets> buckets_ = open_memory();
  std::string manifest_;
  int rows_ = 0;
  ScriptedServer server_{[this](const std::string& query) { return answer(query); }};
};

constexpr char kTwoObjects[] =
    R"({"entries": [{"url": "s3://data/out/0000_part_00", "meta": {"content_length": 20, "record_count": 3}},
                    {"url": "s3://data/out/0001_part_00", "meta": {"content_length": 10, "record_count": 1}}],
        "meta": {"content_length": 30, "record_count": 4}})";

TEST_F(UnloadTest, TellsTheObjectsWithTheirSizesAndRows) {
  manifest_ = kTwoObjects;
  rows_ = 4;
  const Unloaded unloaded = run();
  EXPECT_EQ(unloaded.rows, 4U);
  ASSERT_EQ(unloaded.objects.size(), 2U);
  EXPECT_EQ(unloaded.objects[0].uri, "s3://data/out/0000_part_00");
  EXPECT_EQ(unloaded.objects[0].bytes, 20U);
  EXPECT_EQ(unloaded.objects[1].rows, 1U);
  EXPECT_FALSE(manifest_is_there()) << "a COPY from the prefix would read it";
  EXPECT_THAT(server_.queries(), Contains(HasSubstr("UNLOAD ('SELECT ''x''')")));
}

TEST_F(UnloadTest, CountsNoHeaderAndLeavesTheManifestThatWasAskedFor) {
  manifest_ = kTwoObjects;
  rows_ = 2;
  EXPECT_EQ(run({.header = true, .manifest = true}).rows, 2U);
  EXPECT_TRUE(manifest_is_there());
}

TEST_F(UnloadTest, ExpectsNothingOfAQueryWithoutRows) { EXPECT_THAT(run().objects, IsEmpty()); }

TEST_F(UnloadTest, DoesNotBelieveRowsWithoutAManifest) {
  rows_ = 7;
  EXPECT_THROW(run(), Error);
  manifest_ = R"({"entries": [{"url": "s3://data/out/0000_part_00"}]})";
  EXPECT_THROW(run(), Error) << "it says no sizes";
}

TEST(UnloadOptions, HaveAllTheirProblemsNamedAtOnce) {
  EXPECT_THAT(problems_of(UnloadOptions{}), IsEmpty());
  EXPECT_THAT(problems_of(UnloadOptions{.format = UnloadFormat::parquet,
                                        .compression = UnloadCompression::gzip,
                                        .header = true,
                                        .delimiter = '\n',
                                        .quotes = true,
                                        .escape = true,
                                        .null_as = "",
                                        .max_file_mb = 4,
                                        .row_group_mb = 200}),
              ElementsAre(HasSubstr("header"), HasSubstr("delimiter"), HasSubstr("NULL"), HasSubstr("quotes"),
                          HasSubstr("escapes"), HasSubstr("compression"), HasSubstr("the delimiter must"),
                          HasSubstr("4 MB"), HasSubstr("200 MB")));
  EXPECT_THAT(problems_of(UnloadOptions{.format = UnloadFormat::csv, .header = true, .quotes = true}),
              ElementsAre("UNLOAD to CSV has no quotes around every field"));
}

}  // namespace
}  // namespace penstock
