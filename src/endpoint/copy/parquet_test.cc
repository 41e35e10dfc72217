// COPY of Parquet files that Arrow's own writer made.
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

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

std::string parquet_file(const std::vector<Column>& columns, bool large = false) {
  const auto table = testing::arrow_table(columns);
  const auto out = good(arrow::io::BufferOutputStream::Create());
  const auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, large ? 10'000 : 2, properties,
                                         parquet::ArrowWriterProperties::Builder().store_schema()->build())
                  .ok());
  return good(out->Finish())->ToString();
}

class ParquetCopy : public testing::ColumnarTrial {
 protected:
  ParquetCopy() : ColumnarTrial("parquet") {}
};

TEST_F(ParquetCopy, LoadsEveryTypeByPosition) {
  arrow::Decimal128Builder decimal(arrow::decimal128(10, 3));
  EXPECT_TRUE(decimal.Append(*arrow::Decimal128::FromString("-12345.678")).ok());
  EXPECT_TRUE(decimal.AppendNull().ok());
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO);
  put("k", parquet_file({
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
               {"x11", array_with(arrow::TimestampBuilder(micros, arrow::default_memory_pool()), 1325376000123456)},
               {"x12", array_with(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"),
                                                          arrow::default_memory_pool()),
                                  std::int64_t{-1})},
           }));
  run("a bool, b int2, c int4, d int8, e float4, f float8, g numeric(10,2), h varchar(20), i char(5), j date, "
      "k timestamp, l timestamptz");
  EXPECT_THAT(sink_->rows,
              ElementsAre("t|-2|3|1152921504606846976|1.5|0.1|-12345.67|\\N, \"é\"|abc|2024-02-29|2012-01-01 "
                          "00:00:00.123456|1969-12-31 23:59:59.999000+00",
                          "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL"));
}

TEST_F(ParquetCopy, TakesCategories) {
  arrow::StringDictionaryBuilder builder;
  for (const std::string_view value : {"red", "green", "red"}) EXPECT_TRUE(builder.Append(value).ok());
  put("k", parquet_file({{"c", good(builder.Finish())}}));
  run("c varchar(5)");
  EXPECT_THAT(sink_->rows, ElementsAre("red", "green", "red"));
}

TEST_F(ParquetCopy, LoadsManyRowGroupsInOrder) {
  arrow::Int32Builder ids;
  arrow::StringBuilder names;
  for (int i = 0; i < 100'000; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE(names.Append(fmt::format("name {}", i)).ok());
  }
  put("k", parquet_file({{"id", good(ids.Finish())}, {"name", good(names.Finish())}}, true));
  const CopyReport report = run("id int4, name varchar(20)");
  ASSERT_THAT(sink_->rows, SizeIs(100'000));
  for (int i = 0; i < 100'000; i += 997) {
    ASSERT_EQ(sink_->rows[static_cast<std::size_t>(i)], fmt::format("{}|name {}", i, i));
  }
  EXPECT_EQ(report.objects[0].rows, 100'000u);
}

TEST_F(ParquetCopy, RefusesAnotherNumberOfColumns) {
  put("k", parquet_file({{"a", array_with(arrow::Int32Builder(), 1)}, {"b", array_with(arrow::Int32Builder(), 1)}}));
  const std::string block = refusal("a int4, b int4, c int4");
  EXPECT_THAT(block, HasSubstr("error:  Spectrum Scan Error"));
  EXPECT_THAT(block, HasSubstr("code:      15001"));
  EXPECT_THAT(block, HasSubstr("Unmatched number of columns between table and file. Table columns: 3, Data columns: 2, "
                               "File name: https://s3.amazonaws.com/bucket/k"));
  EXPECT_THAT(refusal("a int4"), HasSubstr("Table columns: 1, Data columns: 2"));
  EXPECT_THAT(refusal("a int4", "parquet fillrecord"), HasSubstr("Table columns: 1, Data columns: 2"));
  run("a int4, b int4, c varchar(5)", "parquet fillrecord");
  EXPECT_THAT(sink_->rows, ElementsAre("1|1|NULL", "NULL|NULL|NULL"));
}

TEST_F(ParquetCopy, RefusesATypeThatIsNotTheColumns) {
  put("k", parquet_file({{"name", array_with(arrow::StringBuilder(), "x")}}));
  EXPECT_THAT(refusal("id int4"),
              HasSubstr("File 'https://s3.amazonaws.com/bucket/k' has an incompatible Parquet schema "
                        "for column 's3://bucket/k.id'. Column type: INT, Parquet schema: optional "
                        "byte_array name (String)"));
  put("k", parquet_file({{"n", array_with(arrow::Int64Builder(), 1)}}));
  EXPECT_THAT(refusal("n int4"), HasSubstr("Column type: INT, Parquet schema: optional int64 n"));
  EXPECT_THAT(refusal("n varchar(5)"), HasSubstr("Column type: VARCHAR(5), Parquet schema: optional int64 n"));
}

TEST_F(ParquetCopy, RefusesAStringThatIsTooLong) {
  put("k", parquet_file({{"name", array_with(arrow::StringBuilder(), "ok", "éééé")}}));
  const std::string block = refusal("s varchar(5)");
  EXPECT_THAT(block, HasSubstr("code:      15007"));
  EXPECT_THAT(block,
              HasSubstr("The length of the data column s is longer than the length defined in the table. Table: 5, "
                        "Data: 8, File name: https://s3.amazonaws.com/bucket/k"));
}

TEST_F(ParquetCopy, SuperTakesEveryTypeUnderSerializeToJson) {
  put("k", parquet_file({{"b", array_with(arrow::BooleanBuilder(), true)},
                         {"n", array_with(arrow::Int64Builder(), std::int64_t{1} << 60)},
                         {"f", array_with(arrow::DoubleBuilder(), 0.1)},
                         {"s", array_with(arrow::StringBuilder(), "a \"b\" {} ")},
                         {"d", array_with(arrow::Date32Builder(), 1)}}));
  const std::string table = "b super, n super, f super, s super, d super";
  run(table, "parquet serializetojson");
  EXPECT_THAT(sink_->rows,
              ElementsAre(R"(true|1152921504606846976|0.1|"a \"b\" {} "|"1970-01-02")", "NULL|NULL|NULL|NULL|NULL"));
  EXPECT_STREQ(refused(table).what(), "SUPER column in COPY query requires SERIALIZETOJSON option");
  put("k", parquet_file({{"s", array_with(arrow::StringBuilder(), std::string(65'535, 'x'))}}));
  run("s super", "parquet serializetojson");
  EXPECT_EQ(sink_->rows.at(0).size(), 65'537u);
  put("k", parquet_file({{"s", array_with(arrow::StringBuilder(), std::string(65'536, 'x'))}}));
  EXPECT_THAT(refusal("s super", "parquet serializetojson"),
              HasSubstr("String value exceeds the max size of 65535 bytes"));
}

TEST_F(ParquetCopy, RefusesNullsAndValuesThatDoNotFit) {
  put("k", parquet_file({{"a", array_with(arrow::Int32Builder(), 70'000)}}));
  EXPECT_THAT(refusal("a int4 not null"), HasSubstr("Missing data for not-null field, column a"));
  EXPECT_THAT(refusal("a int2"), HasSubstr("Overflow, Column type: Short, column a"));
  put("k", parquet_file({{"s", array_with(arrow::BinaryBuilder(), "\xa4")}}));
  EXPECT_THAT(refusal("s varchar(5)"), HasSubstr("Bad UTF-8 hex sequence: a4 (error 3)"));
  run("s varchar(5)", "parquet acceptinvchars '^'");
  EXPECT_THAT(sink_->rows, ElementsAre("^", "NULL"));
}

TEST_F(ParquetCopy, RefusesWhatIsNoParquet) {
  put("k", "1,a\n");
  EXPECT_THAT(refusal("a int4"), HasSubstr("File 'https://s3.amazonaws.com/bucket/k' has an invalid version number"));
  put("k", "");
  EXPECT_THAT(refusal("a int4"), HasSubstr("has an invalid version number"));
  std::string file = parquet_file({{"a", array_with(arrow::Int32Builder(), 1)}});
  put("k", std::string_view(file).substr(0, file.size() / 2));
  EXPECT_THAT(refusal("a int4"), HasSubstr("has an invalid version number"));
  for (std::size_t i = 4; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] = static_cast<char>(~damaged[i]);
    put("k", damaged);
    try {
      run("a int4");
    } catch (const SqlError&) {
      // any answer will do, a crash will not
    }
  }
}

TEST_F(ParquetCopy, APrefixWithoutObjectsLoadsNothing) {
  EXPECT_EQ(run("a int4", "parquet", "s3://bucket/nothing").loaded_rows, 0u);
  EXPECT_EQ(sink_->finished, 1);
}

TEST_F(ParquetCopy, ManifestsMustSayTheLength) {
  const std::string file = parquet_file({{"a", array_with(arrow::Int32Builder(), 1)}});
  put("k", file);
  put("m", R"({"entries": [{"url": "s3://bucket/k", "mandatory": true}]})");
  const std::string options = "parquet manifest";
  EXPECT_THAT(refusal("a int4", options, "s3://bucket/m"), HasSubstr("File entry does not have 'meta' key."));
  put("m",
      fmt::format(R"({{"entries": [{{"url": "s3://bucket/k", "meta": {{"content_length": {}}}}}]}})", file.size()));
  run("a int4", options, "s3://bucket/m");
  EXPECT_THAT(sink_->rows, ElementsAre("1", "NULL"));
  put("m", R"({"entries": [{"url": "s3://bucket/k", "meta": {"content_length": 3}}]})");
  EXPECT_THAT(refusal("a int4", options, "s3://bucket/m"), HasSubstr("code:      15001"));
  put("m", R"({"entries": [{"url": "s3://bucket/absent", "meta": {"content_length": 3}}]})");
  EXPECT_THAT(refusal("a int4", options, "s3://bucket/m"), HasSubstr("File not found s3://bucket/absent"));
}

}  // namespace
}  // namespace penstock::endpoint
