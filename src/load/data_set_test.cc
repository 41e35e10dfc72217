#include "load/data_set.h"

#include <gmock/gmock.h>

#include "penstock/error.h"
#include "store/faulty.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class DataSetTest : public testing::Test {
 protected:
  DataSetTest() {
    for (const char* bucket : {"analytics", "other"}) buckets_->create_bucket(bucket);
  }
  void put(const std::string& key, std::string_view bytes, const std::string& bucket = "analytics") {
    write_all(*buckets_->open(bucket), key, bytes);
  }
  static DataFile file(Suffix suffix, std::vector<std::string> keys) {
    DataFile file;
    file.suffix = suffix;
    file.keys = std::move(keys);
    return file;
  }
  DataSet fix(Suffix suffix, std::vector<std::string> keys) {
    return fix_data_set(*buckets_, "analytics", file(suffix, std::move(keys)), {});
  }
  std::string failure(ErrorKind kind, Suffix suffix, std::vector<std::string> keys) {
    try {
      fix(suffix, std::move(keys));
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), kind) << e.what();
      return e.what();
    }
    return "was taken";
  }
  static std::vector<std::string> uris(const DataSet& data) {
    std::vector<std::string> found;
    for (const SourceObject& object : data.objects) found.push_back(object.uri());
    return found;
  }

  FaultPlan faults_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), faults_);
};

TEST_F(DataSetTest, IsOneObjectWithItsEtagAndSize) {
  put("k.json.gz", "12345");
  const DataSet data = fix(Suffix::json_gz, {"k.json.gz"});
  EXPECT_THAT(uris(data), ElementsAre("s3://analytics/k.json.gz"));
  EXPECT_EQ(data.bytes(), 5U);
  EXPECT_EQ(data.objects[0].info.etag, buckets_->open("analytics")->head("k.json.gz")->etag);
  EXPECT_EQ(data.format, RecordFormat::json);
  EXPECT_EQ(data.compression, redshift::CopyCompression::gzip);
}

TEST_F(DataSetTest, HasTheFormatOfItsKeys) {
  struct Case {
    const char* key;
    RecordFormat format;
    redshift::CopyCompression compression;
  };
  using redshift::CopyCompression;
  for (const auto& c :
       {Case{"k.json", RecordFormat::json, CopyCompression::none},
        Case{"k.json.zst", RecordFormat::json, CopyCompression::zstd},
        Case{"k.csv", RecordFormat::csv, CopyCompression::none},
        Case{"k.csv.gz", RecordFormat::csv, CopyCompression::gzip},
        Case{"k.csv.zst", RecordFormat::csv, CopyCompression::zstd},
        Case{"k.gz", RecordFormat::text, CopyCompression::gzip}, Case{"k", RecordFormat::text, CopyCompression::none},
        Case{"k0000_part_00", RecordFormat::text, CopyCompression::none},
        Case{"k0000_part_00.zst", RecordFormat::text, CopyCompression::zstd},
        Case{"k0000_part_00.parquet", RecordFormat::parquet, CopyCompression::none},
        Case{"k.parquet", RecordFormat::parquet, CopyCompression::none}}) {
    put(c.key, "x");
    const DataSet data = fix(Suffix::none, {c.key});
    EXPECT_EQ(data.format, c.format) << c.key;
    EXPECT_EQ(data.compression, c.compression) << c.key;
  }
  put("k.bz2", "x");
  EXPECT_THAT(failure(ErrorKind::refused, Suffix::none, {"k.bz2"}), HasSubstr(".bz2"));
}

TEST_F(DataSetTest, IsConflictWhenAnObjectIsGoneSinceItWasListed) {
  EXPECT_THAT(failure(ErrorKind::conflict, Suffix::json, {"gone.json"}), HasSubstr("s3://analytics/gone.json"));
}

TEST_F(DataSetTest, IsWhatAUsersManifestNames) {
  put("one.csv", "1");
  put("two.csv", "22", "other");
  put("k.manifest", R"({"entries":[{"url":"s3://analytics/one.csv","mandatory":true},
                                   {"url":"s3://other/two.csv","meta":{"content_length":2}}]})");
  const DataSet data = fix(Suffix::manifest, {"k.manifest"});
  EXPECT_THAT(uris(data), ElementsAre("s3://analytics/one.csv", "s3://other/two.csv"));
  ASSERT_TRUE(data.manifest);
  EXPECT_EQ(data.manifest->uri(), "s3://analytics/k.manifest");
  EXPECT_EQ(data.all().size(), 3U) << "its own change is a change of the data";
  EXPECT_EQ(data.bytes(), 3U);
  EXPECT_EQ(data.format, RecordFormat::csv);
}

TEST_F(DataSetTest, RefusesAManifestThatNamesMissingObjectsAndNamesThemAll) {
  put("one.csv", "1");
  put("k.manifest",
      R"({"entries":[{"url":"s3://analytics/one.csv"},{"url":"s3://analytics/two.csv"},{"url":"s3://analytics/three.csv"}]})");
  EXPECT_THAT(failure(ErrorKind::not_found, Suffix::manifest, {"k.manifest"}),
              AllOf(HasSubstr("s3://analytics/k.manifest"), HasSubstr("s3://analytics/two.csv"),
                    HasSubstr("s3://analytics/three.csv"), Not(HasSubstr("one.csv"))));
}

TEST_F(DataSetTest, RefusesAManifestThatIsWrong) {
  put("one.csv", "1");
  put("one.json", "{}");
  put("bad.manifest", "{");
  put("twice.manifest", R"({"entries":[{"url":"s3://analytics/one.csv"},{"url":"s3://analytics/one.csv"}]})");
  put("mixed.manifest", R"({"entries":[{"url":"s3://analytics/one.csv"},{"url":"s3://analytics/one.json"}]})");
  put("nested.manifest", R"({"entries":[{"url":"s3://analytics/bad.manifest"}]})");
  put("length.manifest", R"({"entries":[{"url":"s3://analytics/one.csv","meta":{"content_length":2}}]})");
  put("empty.manifest", R"({"entries":[]})");
  for (const auto& [key, words] :
       std::map<std::string, std::string>{{"bad.manifest", "s3://analytics/bad.manifest"},
                                          {"twice.manifest", "s3://analytics/one.csv"},
                                          {"mixed.manifest", "different formats"},
                                          {"nested.manifest", "can't name another"},
                                          {"length.manifest", "has 2 bytes, and it has 1"},
                                          {"empty.manifest", "s3://analytics/empty.manifest"}}) {
    EXPECT_THAT(failure(ErrorKind::refused, Suffix::manifest, {key}), HasSubstr(words)) << key;
  }
}

TEST_F(DataSetTest, KnowsWhatChangedSince) {
  put("one.csv", "1");
  put("two.csv", "2");
  put("k.manifest", R"({"entries":[{"url":"s3://analytics/one.csv"},{"url":"s3://analytics/two.csv"}]})");
  const DataSet data = fix(Suffix::manifest, {"k.manifest"});
  EXPECT_EQ(changed_since(*buckets_, data, {}), std::nullopt);
  put("two.csv", "3");
  EXPECT_THAT(changed_since(*buckets_, data, {}).value_or(""), AllOf(HasSubstr("two.csv"), Not(HasSubstr("one.csv"))));
  put("two.csv", "2");
  buckets_->open("analytics")->remove(std::vector<std::string>{"one.csv"});
  EXPECT_THAT(changed_since(*buckets_, data, {}).value_or(""), HasSubstr("one.csv"));
  put("one.csv", "1");
  put("k.manifest", R"({"entries":[{"url":"s3://analytics/one.csv"}]})");
  EXPECT_THAT(changed_since(*buckets_, data, {}).value_or(""), HasSubstr("k.manifest"));
}

TEST_F(DataSetTest, OfManyObjectsIsInTheirOrderAndFailsWithTheFirstFailure) {
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) {
    keys.push_back("part" + std::to_string(1000 + i));
    put(keys.back(), std::string(static_cast<std::size_t>(i), 'x'));
  }
  const DataSet data = fix(Suffix::none, keys);
  ASSERT_EQ(data.objects.size(), 500U);
  for (std::size_t i = 0; i < 500; ++i) {
    EXPECT_EQ(data.objects[i].info.key, keys[i]);
    EXPECT_EQ(data.objects[i].info.size, i);
  }
  faults_.add({.call = StoreCall::head, .key_contains = "part1250", .kind = ErrorKind::denied});
  failure(ErrorKind::denied, Suffix::none, keys);
}

TEST_F(DataSetTest, BecomesAManifestOfExactKeysAllMandatory) {
  put("one \"1\".csv", "1");
  put("two.csv", "22");
  const auto text = manifest_of(fix(Suffix::none, {"one \"1\".csv", "two.csv"}));
  for (const char* part : {R"(s3://analytics/one \"1\".csv)", "s3://analytics/two.csv", "content_length"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("false")));
}

}  // namespace
}  // namespace penstock
