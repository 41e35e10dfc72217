#include "columnar/select.h"

#include <arrow/array/array_base.h>
#include <arrow/extension/json.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Column {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};

std::shared_ptr<arrow::RecordBatch> rows_of(const std::vector<Column>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const Column& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(arrow::json::ArrayFromJSONString(column.type, column.json).ValueOrDie());
  }
  const std::int64_t rows = arrays.front()->length();
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
}

// A source of one batch.
class One final : public BatchReader {
 public:
  explicit One(const std::vector<Column>& columns) : rows_(rows_of(columns)), schema_(rows_->schema()) {}
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  std::shared_ptr<arrow::RecordBatch> next() override { return std::exchange(rows_, nullptr); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return 0; }

 private:
  std::shared_ptr<arrow::RecordBatch> rows_;
  std::shared_ptr<arrow::Schema> schema_;
};

NamedType named(const std::string& name, const std::string& type) { return {name, *table::parse_type(type)}; }

std::shared_ptr<arrow::Array> selected(const Column& column, const std::string& type) {
  const std::vector<NamedType> wanted{named(column.name, type)};
  return select(std::make_unique<One>(std::vector{column}), "a.parquet", wanted)->next()->column(0);
}

std::shared_ptr<arrow::Array> array(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

TEST(Select, GivesColumnsByNameInTheOrderThatIsWanted) {
  const std::vector<NamedType> wanted{named("c", "integer"), named("a", "varchar(65535)")};
  const auto reader = select(
      std::make_unique<One>(std::vector<Column>{
          {"a", arrow::utf8(), R"(["x", ""])"}, {"b", arrow::int8(), "[1, 2]"}, {"c", arrow::int32(), "[3, null]"}}),
      "a.parquet", wanted);
  EXPECT_EQ(columns_of(*reader), wanted);
  const auto rows = reader->next();
  EXPECT_TRUE(rows->column(0)->Equals(array(arrow::int32(), "[3, null]")));
  EXPECT_TRUE(rows->column(1)->Equals(array(arrow::utf8(), R"(["x", ""])")));
  EXPECT_EQ(reader->next(), nullptr);
}

TEST(Select, WidensWhatAWiderTypeHolds) {
  EXPECT_TRUE(selected({"a", arrow::int8(), "[-128, null]"}, "bigint")->Equals(array(arrow::int64(), "[-128, null]")));
  EXPECT_TRUE(
      selected({"a", arrow::uint32(), "[4294967295]"}, "bigint")->Equals(array(arrow::int64(), "[4294967295]")));
  EXPECT_TRUE(selected({"a", arrow::int64(), "[-9223372036854775808]"}, "numeric(38,2)")
                  ->Equals(array(arrow::decimal128(38, 2), R"(["-9223372036854775808.00"])")));
  EXPECT_TRUE(selected({"a", arrow::decimal128(3, 1), R"(["-0.1"])"}, "numeric(10,1)")
                  ->Equals(array(arrow::decimal128(10, 1), R"(["-0.1"])")));
  EXPECT_TRUE(selected({"a", arrow::float32(), "[0.5, NaN]"}, "double precision")->IsValid(1));
  EXPECT_TRUE(selected({"a", arrow::timestamp(arrow::TimeUnit::SECOND), "[1]"}, "timestamp")
                  ->Equals(array(arrow::timestamp(arrow::TimeUnit::MICRO), "[1000000]")));
  EXPECT_TRUE(selected({"a", arrow::date32(), "[1]"}, "timestamp")
                  ->Equals(array(arrow::timestamp(arrow::TimeUnit::MICRO), "[86400000000]")));
  EXPECT_TRUE(selected({"a", arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["x", null])"}, "varchar(65535)")
                  ->Equals(array(arrow::utf8(), R"(["x", null])")));
  EXPECT_TRUE(selected({"a", arrow::null(), "[null]"}, "date")->Equals(array(arrow::date32(), "[null]")));
  EXPECT_TRUE(selected({"a", arrow::date32(), "[0, null]"}, "varchar(20)")
                  ->Equals(array(arrow::utf8(), R"(["1970-01-01", null])")));
}

TEST(Select, MakesDocumentsOfWhatIsNested) {
  const auto nested = selected({"a", arrow::list(arrow::int8()), "[[1, null], null]"}, "super");
  EXPECT_TRUE(static_cast<const arrow::ExtensionArray&>(*nested).storage()->Equals(
      array(arrow::utf8(), R"(["[1,null]", null])")));
}

TEST(Select, RefusesWhatDoesNotFitAllOfIt) {
  const std::vector<NamedType> wanted{named("a", "smallint"), named("x", "date"), named("b", "numeric(5,0)"),
                                      named("c", "date")};
  const auto select_all = [&] {
    select(std::make_unique<One>(std::vector<Column>{{"a", arrow::int32(), "[1]"},
                                                     {"b", arrow::float64(), "[1]"},
                                                     {"c", arrow::timestamp(arrow::TimeUnit::MICRO), "[1]"}}),
           "a.parquet", wanted);
  };
  EXPECT_THAT(select_all,
              ThrowsMessage<Error>(AllOf(HasSubstr("a.parquet column a: int32 does not go into int16"),
                                         HasSubstr("a.parquet has no column x"), HasSubstr("column b: double"),
                                         HasSubstr("column c: timestamp[us] does not go into date32"))));
}

TEST(Select, SaysTheRowOfAValueThatDoesNotFit) {
  EXPECT_THAT([&] { selected({"a", arrow::utf8(), R"(["abc", "abcdef"])"}, "varchar(5)"); },
              ThrowsMessage<Error>(HasSubstr("a.parquet row 2, column a: 6 bytes are more than the column's 5")));
  EXPECT_THAT([&] { selected({"a", arrow::timestamp(arrow::TimeUnit::NANO), "[1000, 1001]"}, "timestamp"); },
              ThrowsMessage<Error>(HasSubstr("a.parquet row 2, column a:")));
  EXPECT_THAT([&] { selected({"a", arrow::int64(), "[1, 9007199254740993]"}, "double precision"); },
              ThrowsMessage<Error>(HasSubstr("a.parquet row 2, column a:")));
}

TEST(Select, NamesColumnsThatNoTableHolds) {
  const One reader({{"took", arrow::duration(arrow::TimeUnit::NANO), "[1]"}});
  EXPECT_THAT([&] { static_cast<void>(columns_of(reader)); }, ThrowsMessage<Error>(HasSubstr("column took")));
}

}  // namespace
}  // namespace penstock::columnar
