#include "endpoint/copy/copy_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <numeric>
#include <thread>

#include "endpoint/copy/testing/copy_trial.h"
#include "endpoint/copy/testing/loading.h"
#include "penstock/error.h"
#include "store/faulty.h"

namespace penstock::endpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class RunCopyTest : public ::testing::Test {
 protected:
  RunCopyTest() { buckets_->create_bucket("bucket"); }

  void put(const std::string& key, std::string_view bytes) { write_all(*buckets_->open("bucket"), key, bytes); }

  CopyReport run(const std::string& options, const std::string& source = "s3://bucket/k") {
    CopyStatement statement = testing::statement_of(options);
    statement.source = source;
    sink_ = std::make_unique<testing::DecodingSink>(table_);
    return run_copy(statement, table_, *sink_, environment_);
  }
  SqlError refusal(const std::string& options, const std::string& source = "s3://bucket/k") {
    try {
      run(options, source);
    } catch (const SqlError& error) {
      EXPECT_EQ(sink_->finished, 0);
      return error;
    }
    ADD_FAILURE() << "not refused: " << options;
    return {"", ""};
  }
  // Every attempt to reach S3 fails so.
  void refuse_connection(ErrorKind kind, const std::string& message) {
    environment_.connect = [=](const auto&) -> std::unique_ptr<Buckets> { throw Error(kind, message); };
  }
  static std::vector<std::string> names(const CopyReport& report) {
    std::vector<std::string> names;
    for (const CopyObject& object : report.objects) names.push_back(object.object);
    return names;
  }

  FaultPlan plan_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), plan_);
  TargetTable table_ = testing::table_of("id int4, s varchar(20)");
  CopyEnvironment environment_{
      .connect = [this](const auto&) { return testing::opened(*buckets_); }, .query_id = 7, .stop = {}};
  std::unique_ptr<testing::DecodingSink> sink_;
};

TEST_F(RunCopyTest, LoadsEveryKeyThatBeginsWithThePrefix) {
  put("data", "1,a\n");
  put("data.bak", "2,b\n");
  put("data/x", "3,c\n");
  put("data/", "");
  put("dat", "x\n");
  put("_data", "x\n");
  const CopyReport report = run("csv", "s3://bucket/data");
  EXPECT_THAT(sink_->rows, UnorderedElementsAre("1|a", "2|b", "3|c"));
  EXPECT_EQ(report.loaded_rows, 3u);
  EXPECT_FALSE(report.failed);
  EXPECT_THAT(names(report), UnorderedElementsAre("s3://bucket/data", "s3://bucket/data.bak", "s3://bucket/data/",
                                                  "s3://bucket/data/x"));
}

TEST_F(RunCopyTest, ReportsWhatEachObjectHeld) {
  put("k1", "h\n1,a\n\"2\",\"b\nc\"\nx,y\n");
  put("k2", "h\n");
  const CopyReport report = run("csv ignoreheader 1 maxerror 2");
  ASSERT_THAT(report.objects, SizeIs(2));
  const CopyObject& first = report.objects[0];
  EXPECT_EQ(first.object, "s3://bucket/k1");
  EXPECT_EQ(first.size, 20u);
  EXPECT_FALSE(first.etag.empty());
  EXPECT_EQ(first.lines, 5u);
  EXPECT_EQ(first.rows, 2u);
  EXPECT_EQ(first.errors, 1u);
  EXPECT_LE(first.started, first.finished);
  EXPECT_EQ(report.objects[1].rows, 0u);
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_EQ(report.errors[0].object, "s3://bucket/k1");
  EXPECT_EQ(report.errors[0].line, 5);
}

TEST_F(RunCopyTest, CountsALastLineWithoutANewline) {
  for (const std::string options : {"csv", "delimiter ','", "json"}) {
    const std::string one = options == "json" ? R"({"id": 1})" : "1,a",
                      two = options == "json" ? R"({"id": 2})" : "2,b";
    put("k", one + "\n" + two);
    EXPECT_EQ(run(options).objects[0].lines, 2u) << options;
    put("k", one + "\n" + two + "\n");
    EXPECT_EQ(run(options).objects[0].lines, 2u) << options;
    put("k", one + "\n\n");
    EXPECT_EQ(run(options + (options == "json" ? "" : " ignoreblanklines")).objects[0].lines, 2u) << options;
  }
}

TEST_F(RunCopyTest, RefusesAPrefixThatHoldsNothing) {
  const SqlError error = refusal("csv", "s3://bucket/a/b");
  EXPECT_EQ(error.sqlstate, "XX000");
  EXPECT_STREQ(error.what(), "The specified S3 prefix 'a/b' does not exist");
  EXPECT_THAT(error.detail, HasSubstr("  code:      8001\n"));
  EXPECT_THAT(error.detail, HasSubstr("  query:     7\n"));
}

TEST_F(RunCopyTest, RefusesABucketThatIsNotThere) {
  const SqlError error = refusal("csv", "s3://no-such-bucket/a");
  EXPECT_THAT(error.what(), HasSubstr("S3ServiceException:The specified bucket does not exist,Status 404,Error "
                                      "NoSuchBucket,Rid "));
}

TEST_F(RunCopyTest, RefusesCredentialsInTheWordsOfS3) {
  refuse_connection(ErrorKind::denied, "AccessDenied");
  EXPECT_THAT(refusal("csv").what(), HasSubstr("S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid "));
  refuse_connection(ErrorKind::denied, "list s3://bucket: InvalidAccessKeyId: no such key");
  EXPECT_THAT(refusal("csv").what(),
              HasSubstr("S3ServiceException:The AWS Access Key Id you provided does not exist in "
                        "our records.,Status 403,Error InvalidAccessKeyId,Rid "));
  refuse_connection(ErrorKind::denied, "SignatureDoesNotMatch");
  EXPECT_THAT(refusal("csv").what(),
              HasSubstr("S3ServiceException:The request signature we calculated does not match the signature you "
                        "provided. Check your key and signing method.,Status 403,Error SignatureDoesNotMatch,Rid "));
}

TEST_F(RunCopyTest, ManifestNamesExactKeys) {
  put("a", "1,a\n");
  put("a2", "2,b\n");
  put("m", R"({"entries": [{"url": "s3://bucket/a", "mandatory": true, "author": "x"}, {"url": "s3://bucket/zzz"}],
               "schema": {}})");
  run("csv manifest", "s3://bucket/m");
  EXPECT_THAT(sink_->rows, ElementsAre("1|a"));
}

TEST_F(RunCopyTest, ManifestThatListsAnObjectTwiceLoadsItTwice) {
  put("a", "1,a\n");
  put("m", R"({"entries": [{"url": "s3://bucket/a"}, {"url": "s3://bucket/a"}]})");
  const CopyReport report = run("csv manifest", "s3://bucket/m");
  EXPECT_THAT(sink_->rows, ElementsAre("1|a", "1|a"));
  EXPECT_THAT(report.objects, SizeIs(2));
}

TEST_F(RunCopyTest, ManifestOverSeveralBuckets) {
  buckets_->create_bucket("other");
  write_all(*buckets_->open("other"), "a", "2,b\n");
  put("a", "1,a\n");
  put("m", R"({"entries": [{"url": "s3://bucket/a"}, {"url": "s3://other/a"}]})");
  run("csv manifest", "s3://bucket/m");
  EXPECT_THAT(sink_->rows, UnorderedElementsAre("1|a", "2|b"));
}

TEST_F(RunCopyTest, ManifestRefusals) {
  put("a", "1,a\n");
  const auto message = [&](std::string_view manifest) {
    put("m", manifest);
    return std::string(refusal("csv manifest", "s3://bucket/m").what());
  };
  EXPECT_EQ(message("1,a\n"), "Manifest file is not in correct json format");
  EXPECT_EQ(message("[]"), "Manifest file is not in correct json format");
  EXPECT_EQ(message(R"({"entries": {}})"), "Manifest file is not in correct json format");
  EXPECT_EQ(message(R"({"entries": [{"uri": "s3://bucket/a"}]})"), "Mandatory url is not present in manifest file.");
  EXPECT_THAT(message(R"({"entries": [{"url": "s3://bucket/a"}, {"url": "s3://bucket/b", "mandatory": true}]})"),
              HasSubstr("S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Rid "));
  EXPECT_THAT(message(R"({"entries": [{"url": "s3://bucket/b"}]})"), HasSubstr("NoSuchKey"))
      << "if none of the objects is there, COPY fails whatever mandatory says";
}

TEST_F(RunCopyTest, ManifestMustBeAnObject) {
  EXPECT_STREQ(refusal("csv manifest", "s3://bucket/folder/").what(),
               "COPY with MANIFEST parameter requires full path of an S3 object");
  EXPECT_THAT(refusal("csv manifest", "s3://bucket/absent").what(),
              HasSubstr("Problem reading manifest file - S3ServiceException:The specified key does not exist.,Status "
                        "404,Error NoSuchKey,Rid "));
}

TEST_F(RunCopyTest, MandatoryKeyThatIsAbsentIsNamed) {
  put("m", R"({"entries": [{"url": "s3://bucket/b", "mandatory": true}]})");
  EXPECT_THAT(refusal("csv manifest", "s3://bucket/m").detail, HasSubstr("S3 key being read : s3://bucket/b\n"));
}

TEST_F(RunCopyTest, WrongCodecIsAnErrorOfTheStatement) {
  put("k", "1,a\n");
  EXPECT_THAT(refusal("csv gzip").what(), HasSubstr("s3://bucket/k is not gzip"));
  EXPECT_THAT(refusal("csv zstd").what(), HasSubstr("s3://bucket/k is not zstd"));
}

TEST_F(RunCopyTest, EmptyObjectsAreNoErrorUnderAnyCodec) {
  put("k", "");
  for (const std::string options : {"csv", "csv gzip", "zstd", "json gzip"}) {
    EXPECT_EQ(run(options).loaded_rows, 0u) << options;
    EXPECT_EQ(sink_->finished, 1) << options;
  }
}

TEST_F(RunCopyTest, NoLoadNeverTouchesTheSink) {
  put("k", "1,a\nx,b\n");
  const CopyReport report = run("csv noload maxerror 5");
  EXPECT_EQ(sink_->begun, 0);
  EXPECT_EQ(report.loaded_rows, 1u);
  EXPECT_THAT(report.errors, SizeIs(1));
  EXPECT_TRUE(run("csv noload").failed);
}

TEST_F(RunCopyTest, ColumnsAreNamedToTheSink) {
  table_ = testing::table_of("k int8 identity, id int4, s varchar(20), d int4 default");
  put("k", "a,1\n");
  run("(s, id) csv");
  EXPECT_THAT(sink_->columns, ElementsAre("s", "id"));
  put("k", "1,a,2\n");
  run("csv");
  EXPECT_THAT(sink_->columns, ElementsAre("id", "s", "d"));
}

TEST_F(RunCopyTest, JsonPathsChooseByPath) {
  put("k", R"({"a": {"b": [10, {"c": "x"}]}, "n": 1}{"a": {"b": [20, {"c": null}]}}{"a": {"b": [30, {}]}})");
  put("paths", R"({"jsonpaths": ["$.a.b[0]", "$['a']['b'][1]['c']"]})");
  run("json 's3://bucket/paths'");
  EXPECT_THAT(sink_->rows, ElementsAre("10|x", "20|NULL", "30|NULL"));
  put("paths", R"({"jsonpaths": ["$.n", "$"]})");
  table_ = testing::table_of("id int4, s varchar(100)");
  put("k", R"({"n": 1, "m": [2]})");
  run("json 's3://bucket/paths'");
  EXPECT_THAT(sink_->rows, ElementsAre(R"(1|{"n": 1, "m": [2]})"));
  put("paths", R"({"jsonpaths": ["$[0]", "$[1]"]})");
  put("k", R"([1, "a"] [2, "b", 3] [3])");
  const CopyReport report = run("json 's3://bucket/paths' maxerror 5");
  EXPECT_THAT(sink_->rows, ElementsAre("1|a", "2|b"));
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_EQ(report.errors[0].reason, "Invalid JSONPath format: Not an array or index out of range.");
}

TEST_F(RunCopyTest, JsonPathsOfAnotherNameAreIgnored) {
  put("k", R"({"id": 1, "s": "a"})");
  put("paths", R"({"paths": ["$.x"]})");
  run("json 's3://bucket/paths'");
  EXPECT_THAT(sink_->rows, ElementsAre("1|a"));
}

TEST_F(RunCopyTest, JsonPathsRefusals) {
  put("k", R"({"id": 1, "s": "a"})");
  const auto message = [&](std::string_view paths) {
    put("paths", paths);
    return std::string(refusal("json 's3://bucket/paths' ignoreallerrors").what());
  };
  EXPECT_EQ(
      message(R"({"jsonpaths": ["$.id", "$.s", "$.x"]})"),
      "Number of jsonpaths and the number of columns should match. JSONPath size: 3, Number of columns in table or "
      "column list: 2");
  for (const std::string_view broken :
       {"", "x", "[]", R"({"jsonpaths": 1})", R"({"jsonpaths": [1, 2]})", R"({"jsonpaths": ["", "$.s"]})",
        R"({"jsonpaths": ["$.a"]}{"jsonpaths": ["$.a"]})", R"({"jsonpaths": ["a", "$.s"]})",
        R"({"jsonpaths": ["$.", "$.s"]})", R"({"jsonpaths": ["$[x]", "$.s"]})", R"({"jsonpaths": ["$['a", "$.s"]})",
        R"({"jsonpaths": ["$[1", "$.s"]})", R"({"jsonpaths": ["$a", "$.s"]})"}) {
    EXPECT_THAT(message(broken), HasSubstr("Invalid JSONPath format")) << broken;
  }
}

// --- a store that fails

TEST_F(RunCopyTest, AStoreThatFailsAnywhereFailsTheStatement) {
  put("k1", R"({"a": 1, "b": "x"})");
  put("k2", R"({"a": 2, "b": "y"})");
  put("paths", R"({"jsonpaths": ["$.a", "$.b"]})");
  put("m", R"({"entries": [{"url": "s3://bucket/k1", "mandatory": true}, {"url": "s3://bucket/k2"}]})");
  for (const auto& [options, source] : {std::pair("json 's3://bucket/paths'", "s3://bucket/k"),
                                        std::pair("json 's3://bucket/paths' manifest", "s3://bucket/m")}) {
    plan_.clear();
    run(options, source);
    ASSERT_THAT(sink_->rows, UnorderedElementsAre("1|x", "2|y"));
    const auto calls = static_cast<int>(plan_.calls().size());
    ASSERT_GE(calls, 8);
    for (int nth = 1; nth <= calls; ++nth) {
      for (const ErrorKind kind : {ErrorKind::unavailable, ErrorKind::denied, ErrorKind::conflict}) {
        plan_.clear();
        plan_.add({.nth = nth, .kind = kind});
        const SqlError error = refusal(options, source);
        EXPECT_EQ(error.sqlstate, "XX000") << options << ", call " << nth;
        EXPECT_THAT(error.what(), ::testing::AnyOf(HasSubstr("S3ServiceException:"), HasSubstr("COPY with MANIFEST")));
      }
    }
  }
}

TEST_F(RunCopyTest, AnObjectThatIsReplacedMeanwhileIsNotLoaded) {
  put("k", "1,a\n");
  plan_.add({.call = StoreCall::open, .key_contains = "k", .act = [&] { put("k", "2,b\n"); }});
  EXPECT_THAT(refusal("csv").what(), HasSubstr("S3ServiceException:At least one of the pre-conditions"));
}

// --- many chunks, many objects

std::string numbered_lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += fmt::format("{},\"row {}\"\n", i, i);
  return text;
}

TEST_F(RunCopyTest, LoadsALargeObjectInItsOwnOrder) {
  constexpr int kRows = 200'000;  // many chunks
  put("k", numbered_lines(0, kRows) + "x,y\n");
  const CopyReport report = run("csv maxerror 2");
  ASSERT_THAT(sink_->rows, SizeIs(kRows));
  for (int i = 0; i < kRows; i += 997) {
    ASSERT_EQ(sink_->rows[static_cast<std::size_t>(i)], fmt::format("{}|row {}", i, i));
  }
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_EQ(report.errors[0].line, kRows + 1);
  EXPECT_EQ(report.objects[0].lines, kRows + 1u);
}

TEST_F(RunCopyTest, LoadsAThousandObjects) {
  for (int i = 0; i < 1000; ++i) put(fmt::format("k/{}", i), numbered_lines(10 * i, 10 * i + 10));
  const CopyReport report = run("csv", "s3://bucket/k/");
  EXPECT_EQ(report.loaded_rows, 10'000u);
  EXPECT_THAT(sink_->rows, SizeIs(10'000));
  for (const CopyObject& object : report.objects) EXPECT_EQ(object.rows, 10u) << object.object;
}

TEST_F(RunCopyTest, OneWorkerIsEnough) {
  environment_.workers = 1;
  put("k1", numbered_lines(0, 50'000));
  put("k2", numbered_lines(50'000, 60'000));
  EXPECT_EQ(run("csv").loaded_rows, 60'000u);
}

TEST_F(RunCopyTest, StopsAtTheFirstErrorOfALargeObject) {
  put("k", "x,y\n" + numbered_lines(0, 300'000));
  const CopyReport report = run("csv");
  EXPECT_TRUE(report.failed);
  EXPECT_EQ(sink_->finished, 0);
  ASSERT_THAT(report.errors, SizeIs(1));
}

TEST_F(RunCopyTest, CountsMoreErrorsThanItKeeps) {
  std::string lines;
  for (int i = 0; i < 150'000; ++i) lines += "x\n";
  put("k", lines + "1,a\n");
  const CopyReport report = run("csv ignoreallerrors");
  EXPECT_FALSE(report.failed);
  EXPECT_EQ(report.objects[0].errors, 150'000u);
  EXPECT_LE(report.errors.size(), 100'000u);
  EXPECT_GE(report.errors.size(), 10'000u);
  EXPECT_EQ(report.errors[0].line, 1);
  EXPECT_THAT(sink_->rows, ElementsAre("1|a"));
  EXPECT_THAT(run("csv maxerror 5000").errors, SizeIs(5000));
  EXPECT_TRUE(run("csv maxerror 100000").failed);
}

TEST_F(RunCopyTest, StopsWhenTheSinkThrows) {
  struct Broken final : CopySink {
    void begin(const std::vector<std::string>&) override {}
    void write(std::span<const std::byte>) override {
      if (++writes == 3) throw SqlError("53100", "disk full");
    }
    void finish() override { FAIL(); }
    int writes = 0;
  } sink;
  put("k", numbered_lines(0, 300'000));
  CopyStatement statement = testing::statement_of("csv");
  EXPECT_THROW(run_copy(statement, table_, sink, environment_), SqlError);
}

TEST_F(RunCopyTest, StopsWhenAsked) {
  struct Waiting final : CopySink {
    explicit Waiting(std::stop_source& source) : stop(source) {}
    void begin(const std::vector<std::string>&) override {}
    void write(std::span<const std::byte>) override {
      if (++writes == 2) stop.request_stop();
    }
    void finish() override { ADD_FAILURE() << "a stopped COPY must not finish"; }
    std::stop_source& stop;
    int writes = 0;
  };
  std::stop_source stop;
  Waiting sink(stop);
  environment_.stop = stop.get_token();
  put("k", numbered_lines(0, 300'000));
  CopyStatement statement = testing::statement_of("csv");
  try {
    run_copy(statement, table_, sink, environment_);
    ADD_FAILURE() << "finished";
  } catch (const SqlError& error) {
    EXPECT_EQ(error.sqlstate, "57014");
  }
}

}  // namespace
}  // namespace penstock::endpoint
