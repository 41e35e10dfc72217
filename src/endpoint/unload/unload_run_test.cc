#include "endpoint/unload/unload_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "endpoint/unload/testing/rows.h"
#include "penstock/error.h"
#include "store/faulty.h"

namespace penstock::endpoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using testing::Rows;
using ::testing::StartsWith;
using testing::Target;
using testing::unload_of;

const auto kColumns = testing::columns_of("id int4, s varchar(20)");

struct Outcome {
  UnloadReport report;
  std::string error;  // its SQLSTATE and text
  std::string query;
};

Outcome unload(const Target& target, std::string_view options, const std::vector<std::string>& rows = {"1|a", "2|b"},
               const std::function<void(Rows&, UnloadEnvironment&)>& prepare = {}) {
  Outcome outcome;
  Rows source(kColumns, rows);
  auto environment = target.environment();
  if (prepare) prepare(source, environment);
  try {
    run_unload(unload_of(options), source, environment, outcome.report);
  } catch (const SqlError& error) {
    outcome.error = error.sqlstate + " " + error.what();
  }
  outcome.query = source.query;
  return outcome;
}

TEST(Unload, ReportsEachObject) {
  const Target target;
  const auto outcome = unload(target, "parallel on gzip", {"1|a", "2|b", "3|c"});
  EXPECT_EQ(outcome.report.rows, 3U);
  ASSERT_EQ(outcome.report.files.size(), 2U);
  EXPECT_EQ(outcome.report.files[0].object, "s3://bucket/p0000_part_00.gz");
  EXPECT_EQ(outcome.report.files[0].rows, 2U);
  EXPECT_EQ(outcome.report.files[1].slice, 1);
  const auto objects = target.objects();
  EXPECT_EQ(outcome.report.files[1].size, objects.at("p0001_part_00.gz").size());
}

TEST(Unload, WritesWhereNothingIs) {
  const Target target;
  target.put("p-other");
  target.put("elsewhere");
  EXPECT_THAT(unload(target, "").error, StartsWith("XX000 Specified unload destination on S3 is not empty."));
  EXPECT_THAT(target.objects(), ElementsAre(Key("elsewhere"), Key("p-other")));
}

TEST(Unload, OverwritesOnlyNamesOfItsOwn) {
  const Target target;
  target.put("p000");
  target.put("p-other");
  EXPECT_EQ(unload(target, "allowoverwrite").error, "");
  EXPECT_EQ(target.objects()["p000"], "1|a\n2|b\n");
  EXPECT_THAT(target.objects(), ElementsAre(Key("p-other"), Key("p000")));
}

TEST(Unload, AsksTheStoreForTheKeyThatItNames) {
  const Target target;
  EXPECT_EQ(unload(target, "encrypted manifest").error, "") << "which every store takes";
  EXPECT_EQ(unload(target, "encrypted auto allowoverwrite").error, "");
  EXPECT_THAT(unload(target, "encrypted kms_key_id 'k' allowoverwrite").error,
              AllOf(StartsWith("XX000 S3ServiceException:"), HasSubstr("KMS key 'k'")));
}

TEST(Unload, CleansItsPath) {
  const Target target;
  for (int i = 0; i < 2500; ++i) target.put(fmt::format("p/{}", i));
  target.put("elsewhere");
  EXPECT_EQ(unload(target, "cleanpath").error, "");
  EXPECT_THAT(target.objects(), ElementsAre(Key("elsewhere"), Key("p000")));
}

TEST(Unload, CleansTheFoldersOfItsPartitionsOnly) {
  const Target target;
  target.put("p/s=a/old");
  target.put("p/s=b/old");
  EXPECT_EQ(unload(target, "cleanpath partition by (s)", {"1|a|a"}).error, "");
  EXPECT_THAT(target.objects(), ElementsAre(Key("p/s=a/000"), Key("p/s=b/old")));
}

TEST(Unload, BringsThePartitionsRowsTogether) {
  const Target target;
  EXPECT_EQ(unload(target, "").query, "SELECT 1");
  EXPECT_EQ(unload(target, "partition by (s)", {"1|a|a"}).query,
            "SELECT c0, c1, c1::text FROM (SELECT *, pg_catalog.row_number() OVER () AS row FROM (SELECT 1\n) AS query "
            "(c0, c1)) AS numbered ORDER BY pg_catalog.convert_to(c1::text, 'UTF8'), row");
}

TEST(Unload, BeginsAnotherObjectBeforeOneIsTooLarge) {
  const std::string text(1000, 'x');
  std::vector<std::string> rows;
  for (int i = 0; i < 12'000; ++i) rows.push_back(fmt::format("{}|{}", i, text));
  const Target target;
  const auto outcome = unload(target, "maxfilesize 5 mb manifest", rows);
  ASSERT_EQ(outcome.report.files.size(), 3U);
  EXPECT_EQ(outcome.report.files[2].object, "s3://bucket/p002");
  std::string all;
  for (const auto& [key, bytes] : target.objects()) {
    if (key == "pmanifest") continue;
    EXPECT_LE(bytes.size(), 5U << 20);
    EXPECT_TRUE(bytes.ends_with('\n'));
    all += bytes;
  }
  EXPECT_THAT(all, StartsWith("0|x"));
  EXPECT_EQ(std::ranges::count(all, '\n'), 12'000);
}

TEST(Unload, LeavesNoHalfObjectOfAQueryThatFails) {
  const Target target;
  const auto outcome =
      unload(target, "parallel on manifest", {"1|a", "2|b"}, [](Rows& rows, auto&) { rows.fails = true; });
  EXPECT_EQ(outcome.error, "22012 division by zero");
  EXPECT_THAT(outcome.report.files, IsEmpty());
  EXPECT_THAT(target.objects(), IsEmpty());
}

TEST(Unload, StopsWhenAsked) {
  const Target target;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(unload(target, "", {"1|a"}, [&](auto&, auto& environment) { environment.stop = stop.get_token(); }).error,
              StartsWith("57014 "));
  EXPECT_THAT(target.objects(), IsEmpty());
}

TEST(Unload, SaysWhatS3Refuses) {
  const Target target;
  const auto denied = unload(target, "", {"1|a"}, [](auto&, auto& environment) {
    environment.connect = [](const auto&) -> std::unique_ptr<Buckets> {
      throw Error(ErrorKind::denied, "InvalidAccessKeyId: no");
    };
  });
  EXPECT_THAT(denied.error, StartsWith("XX000 S3ServiceException:The AWS Access Key Id you provided does not exist"));
  EXPECT_EQ(denied.query, "") << "before the query runs";
  const auto nowhere = unload(target, "", {"1|a"}, [](auto&, auto& environment) {
    environment.connect = [](const auto&) { return open_memory(); };
  });
  EXPECT_THAT(nowhere.error, StartsWith("XX000 S3ServiceException:The specified bucket does not exist,Status 404"));
}

// Wherever the store fails, the statement fails, and what is there is whole.
TEST(Unload, FailsWithItsStoreAtAnyCall) {
  const auto run = [](FaultPlan& plan) {
    const Target target(make_faulty(open_memory(), plan));
    return unload(target, "parallel on manifest", {"1|a", "2|b", "3|c"}).error;
  };
  FaultPlan clean;
  EXPECT_EQ(run(clean), "");
  const auto calls = clean.calls().size();
  ASSERT_GT(calls, 5U);
  for (int nth = 2; nth <= static_cast<int>(calls); ++nth) {  // the first one makes the bucket
    FaultPlan plan;
    plan.add({.nth = nth, .kind = ErrorKind::denied, .message = "AccessDenied"});
    EXPECT_THAT(run(plan), HasSubstr("S3ServiceException:Access Denied")) << nth;
  }
}

}  // namespace
}  // namespace penstock::endpoint
