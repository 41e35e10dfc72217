#include "columnar/field_json.h"

#include <arrow/type.h>
#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace penstock::columnar {
namespace {

std::string json(std::shared_ptr<arrow::DataType> type) { return field_json(*arrow::field("c", std::move(type))); }

std::string of(const std::string& type, const std::string& children = "") {
  return R"({"name":"c","nullable":true,"type":)" + type + R"(,"children":[)" + children + "]}";
}

TEST(FieldJson, IsAsArrowWritesIt) {
  EXPECT_EQ(json(arrow::boolean()), of(R"({"name":"bool"})"));
  EXPECT_EQ(json(arrow::null()), of(R"({"name":"null"})"));
  EXPECT_EQ(json(arrow::int16()), of(R"({"name":"int","bitWidth":16,"isSigned":true})"));
  EXPECT_EQ(json(arrow::uint64()), of(R"({"name":"int","bitWidth":64,"isSigned":false})"));
  EXPECT_EQ(json(arrow::float16()), of(R"({"name":"floatingpoint","precision":"HALF"})"));
  EXPECT_EQ(json(arrow::float64()), of(R"({"name":"floatingpoint","precision":"DOUBLE"})"));
  EXPECT_EQ(json(arrow::decimal128(38, 2)), of(R"({"name":"decimal","precision":38,"scale":2,"bitWidth":128})"));
  EXPECT_EQ(json(arrow::date32()), of(R"({"name":"date","unit":"DAY"})"));
  EXPECT_EQ(json(arrow::time64(arrow::TimeUnit::MICRO)), of(R"({"name":"time","unit":"MICROSECOND","bitWidth":64})"));
  EXPECT_EQ(json(arrow::timestamp(arrow::TimeUnit::NANO)), of(R"({"name":"timestamp","unit":"NANOSECOND"})"));
  EXPECT_EQ(json(arrow::timestamp(arrow::TimeUnit::SECOND, "UTC")),
            of(R"({"name":"timestamp","unit":"SECOND","timezone":"UTC"})"));
  EXPECT_EQ(json(arrow::utf8()), of(R"({"name":"utf8"})"));
  EXPECT_EQ(json(arrow::large_utf8()), of(R"({"name":"largeutf8"})"));
  EXPECT_EQ(json(arrow::binary()), of(R"({"name":"binary"})"));
  EXPECT_EQ(json(arrow::fixed_size_binary(3)), of(R"({"name":"fixedsizebinary","byteWidth":3})"));
}

TEST(FieldJson, HasTheFieldsInside) {
  const std::string item = R"({"name":"item","nullable":true,"type":{"name":"utf8"},"children":[]})";
  EXPECT_EQ(json(arrow::list(arrow::utf8())), of(R"({"name":"list"})", item));
  EXPECT_EQ(json(arrow::fixed_size_list(arrow::utf8(), 2)), of(R"({"name":"fixedsizelist","listSize":2})", item));
  EXPECT_EQ(json(arrow::struct_({arrow::field("item", arrow::utf8())})), of(R"({"name":"struct"})", item));
}

TEST(FieldJson, SaysWhatADictionaryIsOf) {
  EXPECT_EQ(
      json(arrow::dictionary(arrow::int8(), arrow::utf8())),
      R"({"name":"c","nullable":true,"dictionary":{"id":0,"indexType":{"name":"int","bitWidth":8,"isSigned":true},)"
      R"("isOrdered":false},"type":{"name":"utf8"},"children":[]})");
}

TEST(FieldJson, OfATablesColumnKeepsItsType) {
  EXPECT_EQ(field_json("c", *table::parse_type("varchar(20)")),
            R"({"name":"c","nullable":true,"type":{"name":"utf8"},"children":[],"metadata":[{"key":"redshift.type",)"
            R"x("value":"character varying(20)"}]})x");
  EXPECT_EQ(field_json("c", *table::parse_type("super")),
            R"({"name":"c","nullable":true,"type":{"name":"utf8"},"children":[],"metadata":[)"
            R"({"key":"ARROW:extension:name","value":"arrow.json"},{"key":"ARROW:extension:metadata","value":""},)"
            R"({"key":"redshift.type","value":"super"}]})");
}

}  // namespace
}  // namespace penstock::columnar
