#include "columnar/csv_batch.h"

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class CsvBatchTest : public testing::Test {
 protected:
  void add(const std::string& name, const std::shared_ptr<arrow::DataType>& type, const std::string& json,
           const std::string& into = "") {
    shape_.columns.push_back({.index = static_cast<int>(arrays_.size()),
                              .name = name,
                              .into = into.empty() ? std::nullopt : table::parse_type(into)});
    fields_.push_back(arrow::field(name, type));
    arrays_.push_back(arrow::json::ArrayFromJSONString(type, json).ValueOrDie());
  }

  std::unique_ptr<staging::RecordBatch> batch() {
    const auto rows = arrow::RecordBatch::Make(arrow::schema(fields_), arrays_.front()->length(), arrays_);
    return csv_batch(rows, 101, std::make_shared<const CsvBatchShape>(shape_));
  }

  std::string text() {
    staging::Buffer out;
    batch()->append(7, 1 << 20, out);
    return std::string(out.view());
  }

  CsvBatchShape shape_{.input = "x.parquet"};
  std::vector<std::shared_ptr<arrow::Field>> fields_;
  std::vector<std::shared_ptr<arrow::Array>> arrays_;
};

TEST_F(CsvBatchTest, KeepsNullFromEmptyText) {
  add("n", arrow::int32(), "[1, null, 3]");
  add("s", arrow::utf8(), R"(["", null, "a,\"b\"\n"])");
  EXPECT_EQ(text(), "1,\"\"\n\x1A,\x1A\n3,\"a,\"\"b\"\"\n\"\n");
}

TEST_F(CsvBatchTest, GivesEachRecordItsPosition) {
  shape_.csv.with_position = true;
  add("n", arrow::int32(), "[1, 2]");
  EXPECT_EQ(text(), "1,7\n2,8\n");
}

TEST_F(CsvBatchTest, TakesColumnsInTheOrderThatIsAsked) {
  add("a", arrow::int32(), "[1]");
  add("b", arrow::boolean(), "[true]", "int");
  std::swap(shape_.columns[0], shape_.columns[1]);
  EXPECT_EQ(text(), "1,1\n");
}

TEST_F(CsvBatchTest, QuotesDocuments) {
  add("j", arrow::list(arrow::utf8()), R"([["a", "b"]])");
  add("d", arrow::date32(), "[0]", "super");
  EXPECT_EQ(text(), "\"[\"\"a\"\",\"\"b\"\"]\",\"\"\"1970-01-01\"\"\"\n");
}

TEST_F(CsvBatchTest, IsWrittenInPiecesOfAboutTheBytesThatAreAsked) {
  add("n", arrow::int32(), "[1000, 1001, 1002, 1003, 1004]");
  shape_.csv.with_position = true;
  const auto rows = batch();
  EXPECT_EQ(rows->records(), 5U);
  std::string all;
  std::vector<std::uint64_t> counts;
  staging::Buffer out;
  while (const std::uint64_t count = rows->append(1, 10, out)) {
    counts.push_back(count);
    all += out.view();
    out.clear();
  }
  EXPECT_THAT(counts, testing::ElementsAre(2, 2, 1));
  EXPECT_EQ(all, "1000,1\n1001,2\n1002,3\n1003,4\n1004,5\n");
}

TEST_F(CsvBatchTest, NamesTheRowAndTheColumnOfWhatItRefuses) {
  add("n", arrow::int32(), "[1, 2]");
  add("when\n", arrow::timestamp(arrow::TimeUnit::NANO), "[1000, 1001]");
  try {
    text();
    FAIL() << "it was taken";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    EXPECT_THAT(e.what(), StartsWith("x.parquet row 102, column when\\n: 1001 nanoseconds"));
  }
}

TEST_F(CsvBatchTest, RefusesTheTextThatStandsForNull) {
  add("s", arrow::utf8(), R"(["\u001A"])");
  EXPECT_THAT([&] { text(); }, testing::ThrowsMessage<Error>(HasSubstr("U+001A alone")));
}

}  // namespace
}  // namespace penstock::columnar
