#include "load/s3_source.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "penstock/error.h"
#include "penstock/log.h"
#include "store/faulty.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(S3Glob, HasAStarForAnyText) {
  struct Case {
    const char* key;
    const char* pattern;
    bool is_like;
  };
  for (const Case& c :
       {Case{"a/b.csv", "a/b.csv", true}, Case{"a/b.csv", "a/*.csv", true}, Case{"a/b/c.csv", "a*.csv", true},
        Case{"a/b.csv.gz", "a/*.csv", false}, Case{"abcbcd", "a*bcd", true}, Case{"abcbce", "a*bcd", false},
        Case{"", "*", true}, Case{"x", "x**", true}, Case{"xy", "x", false}, Case{"x", "xy*", false},
        Case{"a?[1].csv", "a?[1]*", true}, Case{"ab1.csv", "a?[1]*", false}}) {
    EXPECT_EQ(is_like(c.key, c.pattern), c.is_like) << c.key << " and " << c.pattern;
  }
}

class S3SourceTest : public testing::Test {
 protected:
  S3SourceTest() { buckets_->create_bucket("data"); }
  void put(const std::string& key, std::string_view bytes) { write_all(*buckets_->open("data"), key, bytes); }
  S3Source open(std::vector<std::string> sources, UpsertOptions options = {}) {
    options.sources = std::move(sources);
    return open_s3_source(options, *buckets_, silence(), {});
  }
  std::string failure(ErrorKind kind, std::vector<std::string> sources, UpsertOptions options = {}) {
    try {
      open(std::move(sources), std::move(options));
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), kind) << e.what();
      return e.what();
    }
    return "was taken";
  }
  static std::vector<std::string> keys(const S3Source& source) {
    std::vector<std::string> found;
    for (const SourceObject& object : source.objects) found.push_back(object.info.key);
    return found;
  }

  FaultPlan faults_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), faults_);
};

TEST_F(S3SourceTest, TakesAFolderWithoutItsMarkersAndWhatIsHidden) {
  for (const char* key : {"f/", "f/1.csv", "f/sub/2.csv", "f/_SUCCESS", "f/.x.csv", "f/_tmp/3.csv", "f/sub/_4.csv",
                          "f0.csv", "g/1.csv"}) {
    put(key, std::string_view(key).ends_with('/') ? "" : "id\n1\n");
  }
  EXPECT_THAT(keys(open({"s3://data/f/"})), ElementsAre("f/1.csv", "f/sub/2.csv"));
  EXPECT_EQ(open({"s3://data/f/"}).name, "s3://data/f/1.csv and 1 more");
  EXPECT_THAT(keys(open({"s3://data/f*.csv"})),
              ElementsAre("f/.x.csv", "f/1.csv", "f/_tmp/3.csv", "f/sub/2.csv", "f/sub/_4.csv", "f0.csv"));
}

TEST_F(S3SourceTest, TakesAKeyThatHoldsAStarForItself) {
  put("a*.csv", "id\n1\n");
  put("ab.csv", "id\n1\n");
  EXPECT_THAT(keys(open({"s3://data/a*.csv"})), ElementsAre("a*.csv"));
}

TEST_F(S3SourceTest, TakesWhatAManifestNamesAndKeepsTheManifestInMind) {
  put("1.csv.gz", "");
  put("2.csv.gz", "");
  put("m.manifest", R"({"entries": [{"url": "s3://data/2.csv.gz"}, {"url": "s3://data/1.csv.gz"}]})");
  const S3Source source = open({"s3://data/m.manifest"}, {.columns = {"id"}});
  EXPECT_THAT(keys(source), ElementsAre("2.csv.gz", "1.csv.gz"));
  ASSERT_EQ(source.manifests.size(), 1U);
  EXPECT_EQ(source.manifests[0].uri(), "s3://data/m.manifest");
  EXPECT_EQ(source.compression, redshift::CopyCompression::gzip);
  EXPECT_FALSE(source.has_header);
}

TEST_F(S3SourceTest, ReadsTheHeaderOfEveryObjectThatHoldsBytes) {
  put("a/1.csv", "");
  put("a/2.csv", "id,name\n");
  put("a/3.csv", "id,name\n1,x");
  const S3Source source = open({"s3://data/a/"});
  EXPECT_THAT(source.columns, ElementsAre("id", "name"));
  EXPECT_TRUE(source.has_header);
  EXPECT_EQ(source.bytes(), 19U);
  put("a/4.csv", "name,id\n");
  EXPECT_THAT(failure(ErrorKind::refused, {"s3://data/a/"}),
              AllOf(HasSubstr("s3://data/a/2.csv"), HasSubstr("s3://data/a/4.csv"), HasSubstr("different headers")));
  EXPECT_THAT(failure(ErrorKind::refused, {"s3://data/a/1.csv"}), HasSubstr("has no header"));
}

TEST_F(S3SourceTest, NamesAllThatIsMissing) {
  put("there.csv", "id\n");
  EXPECT_THAT(failure(ErrorKind::not_found, {"s3://data/a.csv", "s3://data/there.csv", "s3://data/b.csv"}),
              AllOf(HasSubstr("s3://data/a.csv, s3://data/b.csv"), testing::Not(HasSubstr("there.csv"))));
  EXPECT_THAT(failure(ErrorKind::not_found, {"s3://data/x/", "s3://data/y*"}),
              AllOf(HasSubstr("s3://data/x/"), HasSubstr("s3://data/y*")));
  EXPECT_THAT(failure(ErrorKind::not_found, {"/no/such.manifest"}), HasSubstr("/no/such.manifest"));
}

TEST_F(S3SourceTest, RefusesWhatOneCopyCantRead) {
  put("1.csv", "id\n");
  put("2.csv.gz", "");
  put("3.jsonl", "{}");
  put("4.parquet.gz", "");
  EXPECT_THAT(failure(ErrorKind::invalid, {"s3://data/1.csv", "s3://data/2.csv.gz"}), HasSubstr("compressed"));
  EXPECT_THAT(failure(ErrorKind::invalid, {"s3://data/1.csv", "s3://data/3.jsonl"}), HasSubstr("formats"));
  EXPECT_THAT(failure(ErrorKind::invalid, {"s3://data/4.parquet.gz"}), HasSubstr("compressed inside"));
  EXPECT_THAT(failure(ErrorKind::invalid, {"s3://data/3.jsonl"}, {.delimiter = ';', .null_as = "x"}),
              AllOf(HasSubstr("--delimiter means nothing for JSON"), HasSubstr("--null-as")));
  EXPECT_THAT(failure(ErrorKind::refused, {"s3://data/1.csv", "s3://data/1.csv"}), HasSubstr("named twice"));
}

std::vector<std::string> problems(std::vector<std::string> sources, UpsertOptions options = {}) {
  options.sources = std::move(sources);
  options.into = "web.users";
  options.key = {"id"};
  return problems_of(options);
}

TEST(UpsertOptionsOfS3, ExcludeWhatCopyCantDo) {
  EXPECT_THAT(problems({"s3://data/a.csv", "list.manifest"}), IsEmpty());
  EXPECT_THAT(problems({"s3://data/a.csv"}, {.duplicates = Duplicates::last}), ElementsAre(HasSubstr("--order-by")));
  EXPECT_THAT(problems({"s3://data/a.csv"}, {.order_by = "at", .duplicates = Duplicates::last}), IsEmpty());
  EXPECT_THAT(problems({"s3://data/a.csv"}, {.escape = '\\'}), ElementsAre(HasSubstr("--escape")));
  EXPECT_THAT(problems({"a.csv"}, {.empty_as_null = true}), ElementsAre(HasSubstr("--empty-as-null")));
  EXPECT_THAT(problems({"s3://data/a.csv", "b.csv"}), ElementsAre(HasSubstr("some sources lie in S3")));
  EXPECT_THAT(problems({"s3://B"}), ElementsAre(HasSubstr("s3://B")));
  EXPECT_THAT(problems({"ftp://user:canary@host/x"}),
              ElementsAre(AllOf(HasSubstr("ftp://"), testing::Not(HasSubstr("canary")))));
}

}  // namespace
}  // namespace penstock
