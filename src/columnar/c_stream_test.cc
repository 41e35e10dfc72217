#include "columnar/c_stream.h"

#include <arrow/array.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

std::shared_ptr<arrow::RecordBatch> numbers(const std::string& json) {
  const auto array = arrow::json::ArrayFromJSONString(arrow::int32(), json).ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int32())}), array->length(), {array});
}

// Batches of numbers, and then perhaps an error.
class Numbers final : public arrow::RecordBatchReader {
 public:
  explicit Numbers(std::vector<std::string> json, arrow::Status end = arrow::Status::OK())
      : json_(std::move(json)), end_(std::move(end)) {}
  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override {
    return arrow::schema({arrow::field("n", arrow::int32())});
  }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (next_ == json_.size()) return end_;
    *batch = numbers(json_[next_++]);
    return arrow::Status::OK();
  }

 private:
  const std::vector<std::string> json_;
  const arrow::Status end_;
  std::size_t next_ = 0;
};

ArrowArrayStream stream_of(std::shared_ptr<arrow::RecordBatchReader> reader) {
  ArrowArrayStream stream{};
  EXPECT_TRUE(arrow::ExportRecordBatchReader(std::move(reader), &stream).ok());
  return stream;
}

TEST(CStream, IsReadBatchByBatchWithoutEmptyOnes) {
  auto stream = stream_of(std::make_shared<Numbers>(std::vector<std::string>{"[1, null]", "[]", "[3]"}));
  const auto rows = batches_of(stream, "frame");
  EXPECT_EQ(stream.release, nullptr) << "it is taken";
  EXPECT_EQ(rows->schema()->ToString(), "n: int32");
  EXPECT_TRUE(rows->next()->Equals(*numbers("[1, null]")));
  EXPECT_GT(rows->bytes_read(), 0U);
  EXPECT_TRUE(rows->next()->Equals(*numbers("[3]")));
  EXPECT_EQ(rows->next(), nullptr);
}

TEST(CStream, ThatEndsInAnErrorSaysIt) {
  auto stream =
      stream_of(std::make_shared<Numbers>(std::vector<std::string>{"[1]"}, arrow::Status::IOError("the disk is gone")));
  const auto rows = batches_of(stream, "frame");
  EXPECT_NE(rows->next(), nullptr);
  EXPECT_THAT([&] { rows->next(); }, ThrowsMessage<Error>(AllOf(StartsWith("frame: "), HasSubstr("the disk is gone"))));
}

TEST(CStream, ThatWasReleasedIsRefused) {
  ArrowArrayStream stream{};
  EXPECT_THAT([&] { batches_of(stream, "frame"); }, ThrowsMessage<Error>(HasSubstr("frame: it gives no rows")));
}

}  // namespace
}  // namespace penstock::columnar
