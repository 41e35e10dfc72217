#include "columnar/unloaded.h"

#include <arrow/array.h>
#include <arrow/extension/json.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "columnar/fields.h"
#include "penstock/error.h"
#include "table/type.h"

namespace penstock::columnar {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::shared_ptr<arrow::Array> documents(const std::string& json) {
  const auto texts = arrow::json::ArrayFromJSONString(arrow::utf8(), json).ValueOrDie();
  return arrow::ExtensionType::WrapArray(arrow::extension::json(arrow::utf8()), texts);
}

// Slices of one batch: their buffers begin before they do.
class Slices final : public BatchReader {
 public:
  Slices()
      : schema_(arrow::schema({field_of("d", *table::parse_type("super")), arrow::field("t", arrow::utf8())})),
        all_(arrow::RecordBatch::Make(
            schema_, 5,
            {documents(R"(["{}", "null", null, "\"null\"", "null"])"),
             arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["a", "null", "", null, "e"])").ValueOrDie()})) {}
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  std::shared_ptr<arrow::RecordBatch> next() override {
    if (at_ >= 5) return nullptr;
    at_ += 2;
    return all_->Slice(at_ - 2, 2);
  }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return 0; }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<arrow::RecordBatch> all_;
  std::int64_t at_ = 0;
};

TEST(Unloaded, HasNullForTheNullOfADocument) {
  const auto rows = unloaded(std::make_unique<Slices>(), 5, "t");
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  while (auto batch = rows->next()) {
    EXPECT_TRUE(batch->ValidateFull().ok());
    batches.push_back(std::move(batch));
  }
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_TRUE(batches[0]->column(0)->Equals(documents(R"(["{}", null])")));
  EXPECT_TRUE(batches[1]->column(0)->Equals(documents(R"([null, "\"null\""])")));
  EXPECT_TRUE(batches[2]->column(0)->Equals(documents("[null]")));
  EXPECT_EQ(batches[0]->column(1)->null_count(), 0) << "a text is what it is";
}

TEST(Unloaded, HasAsManyRowsAsWereSaid) {
  const auto rows = unloaded(std::make_unique<Slices>(), 6, "a cluster");
  EXPECT_THAT(
      [&] {
        while (rows->next()) continue;
      },
      ThrowsMessage<Error>(HasSubstr("a cluster: UNLOAD wrote 6 rows, and 5 were read")));
}

}  // namespace
}  // namespace penstock::columnar
