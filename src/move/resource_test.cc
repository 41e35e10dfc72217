#include "move/resource.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "penstock/error.h"
#include "store/temp_folder.h"

namespace penstock::network {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string complaint(std::string_view text, Use use = Use::source, const Given& given = {}) {
  try {
    parse_resource(text, use, given);
    return "none";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid);
    return e.what();
  }
}

TEST(Resource, ANameSaysWhatIsInIt) {
  struct Case {
    std::string name;
    Format format;
    char delimiter;
    Codec codec;
  };
  for (const Case& c :
       {Case{"a.csv", Format::csv, ',', Codec::none}, Case{"a.b/c.TSV.GZ", Format::csv, '\t', Codec::gzip},
        Case{"a.jsonl.zst", Format::json, ',', Codec::zstd}, Case{"a.json", Format::json, ',', Codec::none},
        Case{"a.ndjson.bz2", Format::json, ',', Codec::bzip2}, Case{"a.parquet", Format::parquet, ',', Codec::none},
        Case{"a.orc", Format::orc, ',', Codec::none}, Case{"s3://bucket/x/a.csv.gz", Format::csv, ',', Codec::gzip},
        Case{"s3://bucket/2024*.csv", Format::csv, ',', Codec::none}}) {
    const Resource resource = parse_resource(c.name, Use::source);
    EXPECT_EQ(resource.format, c.format) << c.name;
    EXPECT_EQ(resource.delimiter, c.delimiter) << c.name;
    EXPECT_EQ(resource.codec, c.codec) << c.name;
    EXPECT_EQ(resource.place, c.name.starts_with("s3") ? Place::s3 : Place::local) << c.name;
  }
}

TEST(Resource, WhatIsGivenSaysItWhereTheNameDoesNot) {
  EXPECT_EQ(parse_resource("data", Use::source, {.format = "tsv.gz"}).codec, Codec::gzip);
  EXPECT_EQ(parse_resource("data", Use::source, {.format = "tsv.gz"}).delimiter, '\t');
  EXPECT_EQ(parse_resource("data.gz", Use::source, {.format = "json"}).codec, Codec::gzip);
  EXPECT_EQ(parse_resource("a.csv", Use::source, {.delimiter = '|'}).delimiter, '|');
  EXPECT_EQ(parse_resource("-", Use::source).format, Format::csv);
  EXPECT_EQ(parse_resource("-", Use::destination).format, std::nullopt) << "the source's";
}

TEST(Resource, FoldersEndInASlash) {
  const TempFolder folder;
  EXPECT_TRUE(parse_resource("s3://bucket/folder/", Use::source).is_folder);
  EXPECT_TRUE(parse_resource("s3://bucket", Use::destination).is_folder);
  EXPECT_TRUE(parse_resource("new/", Use::destination).is_folder);
  EXPECT_EQ(parse_resource(folder.path().string(), Use::destination).path, folder.path().string() + "/") << "it is one";
  EXPECT_FALSE(parse_resource("s3://bucket/a*.csv", Use::source).is_folder);
}

TEST(Resource, AServersTableOrQuery) {
  const Resource table = parse_resource("redshift://me:s3cret@host:5440/db::web.users", Use::destination);
  EXPECT_EQ(table.place, Place::redshift);
  EXPECT_EQ(table.table, "web.users");
  EXPECT_EQ(table.server.database, "db");
  EXPECT_EQ(table.server.port, 5440);
  EXPECT_EQ(table.name, "redshift://me@host:5440/db::web.users");
  EXPECT_EQ(table.address.reveal(), "redshift://me:s3cret@host:5440/db");
  const Resource query = parse_resource("postgresql://h/db?sslmode=require&query=SELECT%201%20FROM a.b", Use::source);
  EXPECT_EQ(query.place, Place::postgresql);
  EXPECT_EQ(query.query, "SELECT 1 FROM a.b");
  EXPECT_EQ(query.address.reveal(), "postgresql://h/db?sslmode=require");
  EXPECT_EQ(parse_resource("redshift://h/db", Use::source, {.query = "SELECT 1"}).query, "SELECT 1");
  EXPECT_EQ(parse_resource("redshift://::users", Use::source).table, "users") << "the environment says the rest";
}

TEST(Resource, AWrongUriSaysWhatWasProbablyMeant) {
  EXPECT_THAT(complaint("s3:/bucket/a.csv"), HasSubstr("did you mean s3://bucket/a.csv?"));
  EXPECT_THAT(complaint("S3://bucket/a.csv"), HasSubstr("did you mean s3://bucket/a.csv?"));
  EXPECT_THAT(complaint("s3a://bucket/a.csv"), HasSubstr("did you mean s3://bucket/a.csv?"));
  EXPECT_THAT(complaint("postgrsql://host/db::t"), HasSubstr("did you mean postgresql://host/db::t?"));
  EXPECT_THAT(complaint("redshfit://me:s3cret@host/db::t"),
              AllOf(HasSubstr("did you mean redshift://…@host/db::t?"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(complaint("mysql://host/db::t"), HasSubstr("no scheme that is known"));
  EXPECT_THAT(complaint("file:///a/b.csv"), HasSubstr("did you mean /a/b.csv?"));
  EXPECT_THAT(complaint("a.jsn"), HasSubstr("did you mean a.json?"));
  EXPECT_THAT(complaint("a.csv.gzip"), HasSubstr("did you mean a.csv.gz?"));
  EXPECT_THAT(complaint("a.paruqet"), HasSubstr("did you mean a.parquet?"));
  EXPECT_THAT(complaint("s3://bucket/data"), HasSubstr("--from-format"));
  EXPECT_THAT(complaint("out", Use::destination), HasSubstr("--to-format"));
  EXPECT_THAT(complaint("s3://b/a.csv"), HasSubstr("not a bucket's name"));
  EXPECT_THAT(complaint("a.csv", Use::source, {.format = "xml"}), HasSubstr("--from-format 'xml'"));
  EXPECT_THAT(complaint("a.csv", Use::source, {.format = "jsno"}), HasSubstr("did you mean json?"));
  EXPECT_THAT(complaint("a.parquet.gz"), HasSubstr("compressed inside"));
  EXPECT_THAT(complaint("a.csv.lzo", Use::destination), HasSubstr("read but not written"));
  EXPECT_THAT(complaint("s3://bucket/*.csv", Use::destination), HasSubstr("a destination is one name"));
}

TEST(Resource, AWrongServerUriSaysWhatIsMissing) {
  EXPECT_THAT(complaint("redshift://me:s3cret@host/db", Use::destination),
              AllOf(HasSubstr("redshift://me@host/db::schema.table"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(complaint("redshift://me:s3cret@host/db:users"),
              AllOf(HasSubstr("did you mean redshift://me@host/db::users?"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(complaint("redshift://host/db/web.users"), HasSubstr("did you mean redshift://host/db::web.users?"));
  EXPECT_THAT(complaint("redshift://host/db?query=SELECT 1", Use::destination), HasSubstr("a query names no table"));
  EXPECT_THAT(complaint("redshift://host/db::t?query=SELECT 1"), HasSubstr("exclude each other"));
  EXPECT_THAT(complaint("redshift://host/db::"), HasSubstr("no name of a table"));
  EXPECT_THAT(complaint("redshift://host:x/db::t"), HasSubstr("port"));
  EXPECT_THAT(complaint("a.csv", Use::source, {.query = "SELECT 1"}), HasSubstr("--query is for"));
}

std::vector<std::string> below(const Resource& resource) {
  std::vector<std::string> names;
  for (const Item& item : resource.items) names.push_back(item.below);
  return names;
}

TEST(Resource, FindsWhatAGlobOrFolderOfABucketNames) {
  const auto buckets = open_memory();
  buckets->create_bucket("bucket");
  const auto store = buckets->open("bucket");
  for (const char* key : {"d/a.csv", "d/b.csv", "d/x/c.csv", "d/_tmp/x.csv", "e/a.jsonl"})
    write_all(*store, key, "1234");
  write_all(*store, "d/", "");  // what some programs make of a folder
  const auto find = [&](std::string_view uri) {
    Resource resource = parse_resource(uri, Use::source);
    find_items(resource, *buckets, silence(), {});
    return resource;
  };
  EXPECT_THAT(below(find("s3://bucket/d/*.csv")), ElementsAre("_tmp/x.csv", "a.csv", "b.csv", "x/c.csv"));
  EXPECT_THAT(below(find("s3://bucket/d/")), ElementsAre("a.csv", "b.csv", "x/c.csv"));
  EXPECT_EQ(find("s3://bucket/d/").format, Format::csv) << "as the names say";
  EXPECT_EQ(find("s3://bucket/d/").bytes, 12);
  EXPECT_THAT(below(find("s3://bucket/d/x/c.csv")), ElementsAre("c.csv"));
  EXPECT_THROW(find("s3://bucket/none/"), Error);
  EXPECT_THROW(find("s3://bucket/"), Error) << "csv and jsonl";
}

TEST(Resource, AKeyThatHoldsAStarComesBeforeWhatIsLikeIt) {
  const auto buckets = open_memory();
  buckets->create_bucket("bucket");
  const auto store = buckets->open("bucket");
  for (const char* key : {"a*.csv", "ab.csv"}) write_all(*store, key, "1");
  Resource resource = parse_resource("s3://bucket/a*.csv", Use::source);
  find_items(resource, *buckets, silence(), {});
  EXPECT_THAT(below(resource), ElementsAre("a*.csv"));
  EXPECT_FALSE(resource.is_many);
}

TEST(Resource, FindsLocalFiles) {
  const TempFolder folder;
  const std::string root = folder.path().string();
  for (const char* name : {"a.csv", "b.csv", "x/c.csv"}) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name) << "12";
  }
  const auto buckets = open_memory();
  const auto find = [&](const std::string& path) {
    Resource resource = parse_resource(path, Use::source);
    find_items(resource, *buckets, silence(), {});
    return resource;
  };
  EXPECT_THAT(below(find(root)), ElementsAre("a.csv", "b.csv", "x/c.csv"));
  EXPECT_THAT(below(find(root + "/*.csv")), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(below(find(root + "/**/*.csv")), ElementsAre("a.csv", "b.csv", "x/c.csv"));
  EXPECT_EQ(find(root + "/x/c.csv").bytes, 2);
  EXPECT_THROW(find(root + "/none.csv"), Error);
}

}  // namespace
}  // namespace penstock::network
