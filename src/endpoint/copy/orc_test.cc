// COPY of ORC files that Arrow's own writer made, and of nested columns.
#include <arrow/adapters/orc/adapter.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "endpoint/copy/testing/columnar_trial.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

using testing::array_with;
using testing::Column;
using ::testing::ElementsAre;
using testing::good;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string orc_file(const std::vector<Column>& columns) {
  const auto out = good(arrow::io::BufferOutputStream::Create());
  const auto writer = good(arrow::adapters::orc::ORCFileWriter::Open(out.get()));
  EXPECT_TRUE(writer->Write(*testing::arrow_table(columns)).ok());
  EXPECT_TRUE(writer->Close().ok());
  return good(out->Finish())->ToString();
}

class OrcCopy : public testing::ColumnarTrial {
 protected:
  OrcCopy() : ColumnarTrial("orc") {}
};

TEST_F(OrcCopy, LoadsEveryTypeByPosition) {
  arrow::Decimal128Builder decimal(arrow::decimal128(10, 3));
  EXPECT_TRUE(decimal.Append(*arrow::Decimal128::FromString("-12345.678")).ok());
  EXPECT_TRUE(decimal.AppendNull().ok());
  const auto nanos = arrow::timestamp(arrow::TimeUnit::NANO);
  put("k", orc_file({
               {"x1", array_with(arrow::BooleanBuilder(), true)},
               {"x2", array_with(arrow::Int16Builder(), std::int16_t{-2})},
               {"x3", array_with(arrow::Int32Builder(), 3)},
               {"x4", array_with(arrow::Int64Builder(), std::int64_t{1} << 60)},
               {"x5", array_with(arrow::FloatBuilder(), 1.5F)},
               {"x6", array_with(arrow::DoubleBuilder(), 0.1)},
               {"x7", good(decimal.Finish())},
               {"x8", array_with(arrow::StringBuilder(), "\\N, \"é\"")},
               {"x9", array_with(arrow::BinaryBuilder(), "abc")},
               {"x10", array_with(arrow::Date32Builder(), 19782)},
               {"x11", array_with(arrow::TimestampBuilder(nanos, arrow::default_memory_pool()), 1325376000123456000)},
           }));
  run("a bool, b int2, c int4, d int8, e float4, f float8, g numeric(10,2), h varchar(20), i char(5), j date, "
      "k timestamp");
  EXPECT_THAT(sink_->rows, ElementsAre("t|-2|3|1152921504606846976|1.5|0.1|-12345.67|\\N, \"é\"|abc|2024-02-29|"
                                       "2012-01-01 00:00:00.123456",
                                       "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL"));
}

TEST_F(OrcCopy, LoadsManyRowsInTheirOwnOrder) {
  arrow::Int32Builder ids;
  arrow::StringBuilder names;
  for (int i = 0; i < 50'000; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE(names.Append(fmt::format("name {}", i)).ok());
  }
  put("k", orc_file({{"id", good(ids.Finish())}, {"name", good(names.Finish())}}));
  EXPECT_EQ(run("id int4, name varchar(20)").objects[0].rows, 50'000u);
  ASSERT_THAT(sink_->rows, SizeIs(50'000));
  for (int i = 0; i < 50'000; i += 997) {
    ASSERT_EQ(sink_->rows[static_cast<std::size_t>(i)], fmt::format("{}|name {}", i, i));
  }
}

TEST_F(OrcCopy, RefusesWhatDoesNotFitTheTable) {
  put("k", orc_file({{"a", array_with(arrow::Int32Builder(), 1)}, {"b", array_with(arrow::StringBuilder(), "abc")}}));
  EXPECT_THAT(refusal("a int4"), HasSubstr("Unmatched number of columns between table and file. Table columns: 1, Data "
                                           "columns: 2, File name: https://s3.amazonaws.com/bucket/k"));
  EXPECT_THAT(refusal("a int4, b int4"), HasSubstr("has an incompatible ORC schema for column 's3://bucket/k.b'. "
                                                   "Column type: INT, ORC schema: b: string"));
  EXPECT_THAT(refusal("a int4, b varchar(2)"), HasSubstr("code:      15007"));
  EXPECT_THAT(refusal("a int4 not null, b varchar(3)"), HasSubstr("Missing data for not-null field, column a"));
  run("a int4, b varchar(3), c int4", "orc fillrecord");
  EXPECT_THAT(sink_->rows, ElementsAre("1|abc|NULL", "NULL|NULL|NULL"));
}

TEST_F(OrcCopy, RefusesWhatIsNoOrc) {
  put("k", "1,a\n");
  EXPECT_THAT(refusal("a int4"), HasSubstr("File 'https://s3.amazonaws.com/bucket/k' has an invalid version number"));
  put("k", "");
  EXPECT_THAT(refusal("a int4"), HasSubstr("has an invalid version number"));
  const std::string file = orc_file({{"a", array_with(arrow::Int32Builder(), 1)}});
  put("k", std::string_view(file).substr(0, file.size() / 2));
  EXPECT_THAT(refusal("a int4"), HasSubstr("has an invalid version number"));
}

TEST_F(OrcCopy, APrefixWithoutObjectsLoadsNothing) {
  EXPECT_EQ(run("a int4", "orc", "s3://bucket/nothing").loaded_rows, 0u);
}

TEST_F(OrcCopy, ManifestsMustSayTheLength) {
  const std::string file = orc_file({{"a", array_with(arrow::Int32Builder(), 1)}});
  put("k", file);
  put("m", R"({"entries": [{"url": "s3://bucket/k"}]})");
  EXPECT_THAT(refusal("a int4", "orc manifest", "s3://bucket/m"), HasSubstr("File entry does not have 'meta' key."));
  put("m",
      fmt::format(R"({{"entries": [{{"url": "s3://bucket/k", "meta": {{"content_length": {}}}}}]}})", file.size()));
  EXPECT_EQ(run("a int4", "orc manifest", "s3://bucket/m").loaded_rows, 2u);
}

// A struct of a list and a map, twice and once NULL.
std::shared_ptr<arrow::Array> nested() {
  auto* pool = arrow::default_memory_pool();
  const auto numbers = std::make_shared<arrow::Int32Builder>();
  const auto list = std::make_shared<arrow::ListBuilder>(pool, numbers);
  const auto keys = std::make_shared<arrow::StringBuilder>();
  const auto values = std::make_shared<arrow::DoubleBuilder>();
  const auto map = std::make_shared<arrow::MapBuilder>(pool, keys, values);
  arrow::StructBuilder builder(arrow::struct_({arrow::field("l", arrow::list(arrow::int32())),
                                               arrow::field("m", arrow::map(arrow::utf8(), arrow::float64()))}),
                               pool, {list, map});
  EXPECT_TRUE(builder.Append().ok() && list->Append().ok() && numbers->Append(1).ok() && numbers->AppendNull().ok() &&
              map->Append().ok() && keys->Append("k\"1").ok() && values->Append(1.5).ok());
  EXPECT_TRUE(builder.Append().ok() && list->AppendNull().ok() && map->Append().ok());
  EXPECT_TRUE(builder.AppendNull().ok());
  return good(builder.Finish());
}

TEST_F(OrcCopy, NestedColumnsBecomeJsonUnderSerializeToJson) {
  put("k", orc_file({{"n", nested()}}));
  run("n varchar(100)", "orc serializetojson");
  EXPECT_THAT(sink_->rows, ElementsAre(R"({"l":[1,null],"m":{"k\"1":1.5}})", R"({"l":null,"m":{}})", "NULL"));
  try {
    run("n varchar(100)");
    ADD_FAILURE() << "not refused";
  } catch (const SqlError& error) {
    EXPECT_STREQ(error.what(), "SUPER column in COPY query requires SERIALIZETOJSON option");
  }
  run("n super", "orc serializetojson");
  EXPECT_THAT(sink_->rows, ElementsAre(R"({"l":[1,null],"m":{"k\"1":1.5}})", R"({"l":null,"m":{}})", "NULL"));
  EXPECT_STREQ(refused("n super").what(), "SUPER column in COPY query requires SERIALIZETOJSON option");
  EXPECT_THAT(refusal("n varchar(5)", "orc serializetojson"), HasSubstr("code:      15007"));
  EXPECT_THAT(refusal("n int4", "orc serializetojson"), HasSubstr("has an incompatible ORC schema"));
}

}  // namespace
}  // namespace penstock::endpoint
