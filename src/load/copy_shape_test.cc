#include "load/copy_shape.h"

#include <gmock/gmock.h>

#include "penstock/error.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

table::TableConfig config_of(std::initializer_list<std::string> names) {
  table::TableConfig config;
  config.schema = "api_hits";
  config.name = "pages";
  for (const auto& name : names) {
    table::ColumnConfig column;
    column.name = name;
    column.type = "bigint";
    config.columns.push_back(column);
  }
  return config;
}

std::string refusal(const std::function<void()>& act, ErrorKind kind = ErrorKind::refused) {
  try {
    act();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind);
    return e.what();
  }
  return "was taken";
}

const table::TableConfig kConfig = config_of({"id", "url", "seen"});

TEST(Header, IsTheNamesOfTheConfigsColumnsInAnyOrder) {
  EXPECT_THAT(read_header({"seen", "id", "url"}, kConfig, "u"), Optional(ElementsAre("seen", "id", "url")));
  EXPECT_THAT(read_header({"ID", " Url ", "seen"}, kConfig, "u"), Optional(ElementsAre("id", "url", "seen")));
}

TEST(Header, IsNotARecordOfValues) {
  EXPECT_EQ(read_header({"1", "http://x", "2015-07-01"}, kConfig, "u"), std::nullopt);
  EXPECT_EQ(read_header({""}, kConfig, "u"), std::nullopt);
  EXPECT_EQ(read_header({"1", "url", "2015-07-01"}, kConfig, "u"), std::nullopt) << "one value that is a name";
  EXPECT_EQ(read_header({"1", "2", "3", "4"}, kConfig, "u"), std::nullopt);
}

TEST(Header, ThatFitsInPartIsRefusedWithWhatIsWrong) {
  EXPECT_THAT(refusal([] { read_header({"id", "url"}, kConfig, "s3://b/k.csv"); }),
              AllOf(HasSubstr("s3://b/k.csv"), HasSubstr("lacks seen")));
  EXPECT_THAT(refusal([] { read_header({"id", "url", "seen", "extra"}, kConfig, "u"); }),
              HasSubstr("config has no extra"));
  EXPECT_THAT(refusal([] { read_header({"id", "ulr", "seen"}, kConfig, "u"); }),
              AllOf(HasSubstr("lacks url"), HasSubstr("has no ulr")));
  EXPECT_THAT(refusal([] { read_header({"id", "url", "seen", "id"}, kConfig, "u"); }), HasSubstr("column twice"));
}

TEST(ParquetNames, AreTheConfigsInTheFilesOrder) {
  EXPECT_THAT(match_names({"seen", "ID"}, kConfig, "u"), ElementsAre("seen", "id"));
  EXPECT_THAT(refusal([] { match_names({"id", "extra", "more"}, kConfig, "u"); }), HasSubstr("extra, more"));
  EXPECT_THAT(refusal([] { match_names({"id", "Id"}, kConfig, "u"); }), HasSubstr("twice"));
}

class ShapeTest : public testing::Test {
 protected:
  ShapeTest() {
    buckets_->create_bucket("analytics");
    store_ = buckets_->open("analytics");
    data_.format = RecordFormat::csv;
  }
  void put(const std::string& key, std::string_view bytes) {
    data_.objects.push_back({"analytics", write_all(*store_, key, bytes)});
  }
  CopyShape shape() { return read_shape(*buckets_, data_, kConfig, how_, {}); }

  std::unique_ptr<Buckets> buckets_ = open_memory();
  std::unique_ptr<ObjectStore> store_;
  DataSet data_;
  LoadOptions how_;
};

TEST_F(ShapeTest, OfCsvGoesByItsHeader) {
  put("1.csv", "url,seen,id\nhttp://x,2015-07-01,1\n");
  const auto found = shape();
  EXPECT_THAT(found.columns, ElementsAre("url", "seen", "id"));
  EXPECT_EQ(std::get<redshift::CsvFormat>(found.format).ignore_header, 1);
  EXPECT_EQ(std::get<redshift::CsvFormat>(found.format).delimiter, ',');
}

TEST_F(ShapeTest, OfCsvWithoutAHeaderGoesByThePositionsOfTheConfig) {
  how_.delimiter = '|';
  how_.null_as = "NULL";
  put("1.csv", "1|http://x|2015-07-01\n");
  const auto found = shape();
  EXPECT_THAT(found.columns, ElementsAre("id", "url", "seen"));
  EXPECT_EQ(std::get<redshift::CsvFormat>(found.format).ignore_header, 0);
  EXPECT_EQ(std::get<redshift::CsvFormat>(found.format).delimiter, '|');
  EXPECT_EQ(found.null_as, "NULL");
}

TEST_F(ShapeTest, IsOneForAllObjects) {
  put("1.csv", "url,seen,id\n");
  put("2.csv", "");
  put("3.csv", "url,seen,id\nhttp://x,2015-07-01,1\n");
  EXPECT_THAT(shape().columns, ElementsAre("url", "seen", "id")) << "an object without bytes says nothing";
  put("4.csv", "id,url,seen\n");
  EXPECT_THAT(refusal([&] { shape(); }), AllOf(HasSubstr("1.csv"), HasSubstr("4.csv"), HasSubstr("headers")));
  data_.objects.pop_back();
  put("5.csv", "1,http://x,2015-07-01\n");
  EXPECT_THAT(refusal([&] { shape(); }), AllOf(HasSubstr("1.csv"), HasSubstr("5.csv")));
}

TEST_F(ShapeTest, MayHaveAByteOrderMarkBeforeAHeaderOnly) {
  put("1.csv", "\xEF\xBB\xBFurl,seen,id\n");
  EXPECT_THAT(shape().columns, ElementsAre("url", "seen", "id"));
  data_.objects.clear();
  put("2.csv",
      "\xEF\xBB\xBF"
      "1,http://x,2015-07-01\n");
  EXPECT_THAT(refusal([&] { shape(); }), HasSubstr("byte order mark"));
}

TEST_F(ShapeTest, OfUnloadsTextIsByPosition) {
  data_.format = RecordFormat::text;
  put("0000_part_00", "id|url|seen\n");
  const auto found = shape();
  EXPECT_THAT(found.columns, ElementsAre("id", "url", "seen"));
  EXPECT_EQ(std::get<redshift::TextFormat>(found.format).delimiter, '|');
}

TEST_F(ShapeTest, RefusesOptionsThatMeanNothingForTheFormat) {
  data_.format = RecordFormat::json;
  put("1.json", "{}");
  EXPECT_NO_THROW(shape());
  how_.delimiter = ',';
  EXPECT_THAT(refusal([&] { shape(); }, ErrorKind::invalid), HasSubstr("--delimiter"));
  how_.delimiter.reset();
  how_.null_as = "";
  EXPECT_THAT(refusal([&] { shape(); }, ErrorKind::invalid), HasSubstr("--null-as"));
}

TEST_F(ShapeTest, SaysWhenAnObjectChangedSinceItWasFixed) {
  put("1.csv", "id,url,seen\n");
  write_all(*store_, "1.csv", "url,id,seen\n");
  refusal([&] { shape(); }, ErrorKind::conflict);
}

}  // namespace
}  // namespace penstock
