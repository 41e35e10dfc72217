#include "columnar/value_rows.h"

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "penstock/error.h"

namespace penstock::columnar {
namespace {

class Batches final : public BatchReader {
 public:
  explicit Batches(std::vector<std::shared_ptr<arrow::RecordBatch>> batches)
      : schema_(batches.front()->schema()), batches_(std::move(batches)) {}
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  std::shared_ptr<arrow::RecordBatch> next() override { return next_ < batches_.size() ? batches_[next_++] : nullptr; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return 0; }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::size_t next_ = 0;
};

std::shared_ptr<arrow::RecordBatch> batch(const std::string& flags, const std::string& times) {
  const auto time = arrow::timestamp(arrow::TimeUnit::MILLI);
  auto first = arrow::json::ArrayFromJSONString(arrow::boolean(), flags).ValueOrDie();
  auto second = arrow::json::ArrayFromJSONString(time, times).ValueOrDie();
  const auto rows = first->length();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("flag", arrow::boolean()), arrow::field("time", time)}),
                                  rows, {std::move(first), std::move(second)});
}

TEST(ValueRows, GivesEachValueAsTextInTheOrderThatIsAsked) {
  ValueRows rows(
      std::make_unique<Batches>(std::vector{batch("[true, null]", "[1445412480123, 0]"), batch("[false]", "[null]")}),
      "x.parquet", {"time", "flag"});
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.value(0), "2015-10-21 07:28:00.123000");
  EXPECT_EQ(rows.value(1), "true");
  EXPECT_EQ(rows.row(), 1U);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.value(1), std::nullopt);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.row(), 3U);
  EXPECT_EQ(rows.value(0), std::nullopt);
  EXPECT_EQ(rows.value(1), "false");
  EXPECT_FALSE(rows.next());
}

TEST(ValueRows, RefusesAColumnThatIsNotThere) {
  try {
    ValueRows rows(std::make_unique<Batches>(std::vector{batch("[true]", "[0]")}), "x.parquet", {"flag", "key"});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "x.parquet: it has no column key");
  }
}

}  // namespace
}  // namespace penstock::columnar
