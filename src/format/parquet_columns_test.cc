#include "format/parquet_columns.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "penstock/error.h"

namespace penstock::format {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string parquet_file(const std::shared_ptr<arrow::Schema>& schema) {
  const auto table = arrow::Table::MakeEmpty(schema).ValueOrDie();
  const auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out).ok());
  return out->Finish().ValueOrDie()->ToString();
}

class ParquetColumnsTest : public testing::Test {
 protected:
  ParquetColumnsTest() {
    buckets_->create_bucket("bucket");
    store_ = buckets_->open("bucket");
  }

  std::vector<std::string> columns_of(const std::string& bytes) {
    return parquet_columns(*store_, write_all(*store_, "k.parquet", bytes));
  }

  std::string refusal_of(const std::string& bytes) {
    try {
      columns_of(bytes);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      return e.what();
    }
    return "(taken)";
  }

  std::unique_ptr<Buckets> buckets_ = open_memory();
  std::unique_ptr<ObjectStore> store_;
  const std::string file_ = parquet_file(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("Name \u00e9", arrow::utf8()),
                     arrow::field("nested", arrow::struct_({arrow::field("x", arrow::int32()),
                                                            arrow::field("y", arrow::list(arrow::int32()))})),
                     arrow::field("last", arrow::date32())}));
};

TEST_F(ParquetColumnsTest, AreTheTopLevelOnesInOrder) {
  EXPECT_THAT(columns_of(file_), ElementsAre("id", "Name \u00e9", "nested", "last"));
}

TEST_F(ParquetColumnsTest, OfManyAreReadWhole) {
  arrow::FieldVector fields;
  for (int i = 0; i < 1600; ++i)
    fields.push_back(arrow::field("a column with a long name " + std::to_string(i), arrow::utf8()));
  EXPECT_EQ(columns_of(parquet_file(arrow::schema(fields))).size(), 1600U);
}

TEST_F(ParquetColumnsTest, RefusesWhatIsNoParquetFile) {
  EXPECT_THAT(refusal_of(""), HasSubstr("s3://bucket/k.parquet is no Parquet file that can be read"));
  EXPECT_THAT(refusal_of("PAR1"), HasSubstr("no Parquet file"));
  EXPECT_THAT(refusal_of("id,name\n1,x\n2,y\n"), HasSubstr("no Parquet file"));
  EXPECT_THAT(refusal_of(file_.substr(0, file_.size() - 1)), HasSubstr("no Parquet file"));
}

TEST_F(ParquetColumnsTest, NeverCrashOnADamagedFooter) {
  for (std::size_t at = file_.size() > 700 ? file_.size() - 700 : 0; at < file_.size(); ++at) {
    std::string damaged = file_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const std::string refusal = refusal_of(damaged);
    EXPECT_FALSE(refusal.empty());
  }
}

TEST_F(ParquetColumnsTest, TellsAnOverwrittenObjectFromADamagedOne) {
  const ObjectInfo listed = write_all(*store_, "k.parquet", file_);
  write_all(*store_, "k.parquet", file_ + "x");
  try {
    parquet_columns(*store_, listed);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::conflict);
  }
}

}  // namespace
}  // namespace penstock::format
