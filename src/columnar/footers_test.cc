#include "columnar/footers.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/array/util.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/temp_folder.h"

namespace penstock::columnar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

class FootersTest : public ::testing::Test {
 protected:
  using How = parquet::WriterProperties::Builder;

  // A file of such columns, named a, b, c …, with some rows of NULLs.
  static std::shared_ptr<arrow::Table> nulls(const std::vector<std::shared_ptr<arrow::DataType>>& types, int rows,
                                             char first = 'a') {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const auto& type : types) {
      fields.push_back(arrow::field(std::string(1, static_cast<char>(first + fields.size())), type));
      arrays.push_back(arrow::MakeArrayOfNull(type, rows).ValueOrDie());
    }
    return arrow::Table::Make(arrow::schema(fields), arrays);
  }
  std::shared_ptr<arrow::io::FileOutputStream> create(const std::string& name) const {
    return arrow::io::FileOutputStream::Open(folder_.path() / name).ValueOrDie();
  }
  FileInput parquet(const std::string& name, const arrow::Table& table, How how = {}) const {
    const auto file = create(name);
    check(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), file, 1 << 20, how.build(),
                                     parquet::ArrowWriterProperties::Builder().store_schema()->build()));
    check(file->Close());
    return {.name = folder_.path() / name};
  }
  FileInput orc(const std::string& name, const arrow::Table& table,
                arrow::Compression::type compression = arrow::Compression::GZIP) const {
    const auto file = create(name);
    arrow::adapters::orc::WriteOptions how;
    how.compression = compression;
    const auto writer = arrow::adapters::orc::ORCFileWriter::Open(file.get(), how).ValueOrDie();
    check(writer->Write(table));
    check(writer->Close());
    check(file->Close());
    return {.name = folder_.path() / name};
  }

  const TempFolder folder_;
};

TEST_F(FootersTest, SayWhatCopyReadsAsItsBatchesAre) {
  const auto columns = std::vector{arrow::boolean(),        arrow::int32(),   arrow::int64(),
                                   arrow::float32(),        arrow::float64(), arrow::decimal128(38, 10),
                                   arrow::decimal128(9, 2), arrow::utf8()};
  auto more = columns;
  for (const auto& type : {arrow::date32(), arrow::timestamp(arrow::TimeUnit::MICRO), arrow::large_utf8(),
                           arrow::dictionary(arrow::int8(), arrow::utf8())}) {
    more.push_back(type);
  }
  const auto of_parquet = parquet_footers({parquet("a", *nulls(more, 3)), parquet("b", *nulls(more, 4))});
  EXPECT_EQ(of_parquet.other_by_copy, std::nullopt);
  EXPECT_EQ(of_parquet.rows, 7);
  ASSERT_EQ(of_parquet.columns.size(), more.size());
  EXPECT_EQ(of_parquet.columns[5].name, "f");
  EXPECT_EQ(to_string(of_parquet.columns[5].type), "numeric(38,10)");
  EXPECT_EQ(to_string(of_parquet.columns[9].type), "timestamp without time zone");
  const auto of_orc = orc_footers({orc("a.orc", *nulls(columns, 5)), orc("b.orc", *nulls(columns, 0))});
  EXPECT_EQ(of_orc.other_by_copy, std::nullopt);
  EXPECT_EQ(of_orc.rows, 5);
  EXPECT_EQ(of_orc.columns.size(), columns.size());
}

TEST_F(FootersTest, SayWhichColumnCopyWouldTakeForSomethingElse) {
  const auto of = [&](const FileInput& file, bool is_orc) {
    const auto footers = is_orc ? orc_footers({file}) : parquet_footers({file});
    EXPECT_EQ(footers.columns.empty(), footers.other_by_copy.has_value());
    return footers.other_by_copy;
  };
  for (const auto& type : std::vector<std::shared_ptr<arrow::DataType>>{
           arrow::int8(), arrow::int16(), arrow::uint32(), arrow::uint64(), arrow::float16(), arrow::binary(),
           arrow::fixed_size_binary(4), arrow::time32(arrow::TimeUnit::MILLI), arrow::time64(arrow::TimeUnit::MICRO),
           arrow::timestamp(arrow::TimeUnit::MILLI), arrow::timestamp(arrow::TimeUnit::NANO),
           arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::duration(arrow::TimeUnit::SECOND),
           arrow::decimal256(50, 2), arrow::list(arrow::int32()), arrow::struct_({arrow::field("x", arrow::int32())}),
           arrow::map(arrow::utf8(), arrow::int32())}) {
    const auto table = nulls({arrow::int32(), type, arrow::int32()}, 2);
    EXPECT_THAT(of(parquet("x", *table), false), Optional(HasSubstr("column b"))) << type->ToString();
  }
  for (const auto& type : std::vector<std::shared_ptr<arrow::DataType>>{
           arrow::int8(), arrow::int16(), arrow::date32(), arrow::timestamp(arrow::TimeUnit::NANO),
           arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), arrow::binary(), arrow::list(arrow::int32()),
           arrow::struct_({arrow::field("x", arrow::int32())})}) {
    const auto table = nulls({arrow::int32(), type, arrow::int32()}, 2);
    EXPECT_THAT(of(orc("x", *table), true), Optional(HasSubstr("column b"))) << type->ToString();
  }
}

TEST_F(FootersTest, WhatNotEveryReaderUnpacksIsNotForCopy) {
  const auto table = nulls({arrow::int32(), arrow::utf8()}, 9);
  const auto other = [&](FootersTest::How& how) { return parquet_footers({parquet("x", *table, how)}).other_by_copy; };
  How how;
  EXPECT_EQ(other(*how.compression(parquet::Compression::GZIP)), std::nullopt);
  EXPECT_EQ(other(*how.compression(parquet::Compression::SNAPPY)), std::nullopt);
  EXPECT_THAT(other(*how.compression("b", parquet::Compression::ZSTD)), Optional(HasSubstr("column b")));
  How encoded;
  encoded.disable_dictionary()->encoding("a", parquet::Encoding::DELTA_BINARY_PACKED);
  EXPECT_THAT(other(encoded), Optional(HasSubstr("column a is encoded")));
  EXPECT_EQ(orc_footers({orc("x", *table, arrow::Compression::SNAPPY)}).other_by_copy, std::nullopt);
  EXPECT_THAT(orc_footers({orc("x", *table, arrow::Compression::ZSTD)}).other_by_copy, Optional(HasSubstr("zlib")));
}

TEST_F(FootersTest, OfSeveralFilesAllHaveTheSameColumnsInOneOrder) {
  const auto other = [&](const arrow::Table& second) {
    return parquet_footers({parquet("1", *nulls({arrow::int32(), arrow::utf8()}, 1)), parquet("2", second)})
        .other_by_copy;
  };
  EXPECT_EQ(other(*nulls({arrow::int32(), arrow::utf8()}, 2)), std::nullopt);
  EXPECT_THAT(other(*nulls({arrow::utf8(), arrow::int32()}, 2)), Optional(HasSubstr("/2: its column 1")));
  EXPECT_THAT(other(*nulls({arrow::int64(), arrow::utf8()}, 2)), Optional(HasSubstr("/2: its column 1")));
  EXPECT_THAT(other(*nulls({arrow::int32()}, 2)), Optional(HasSubstr("other columns")));
  EXPECT_THAT(other(*nulls({arrow::int32(), arrow::utf8()}, 2, 'b')), Optional(HasSubstr("/2: its column 1")));
}

}  // namespace
}  // namespace penstock::columnar
