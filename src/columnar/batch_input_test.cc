#include "columnar/batch_input.h"

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "columnar/fields.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

std::shared_ptr<arrow::RecordBatch> batch(const std::vector<std::shared_ptr<arrow::Field>>& fields,
                                          const std::vector<std::string>& json) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    arrays.push_back(arrow::json::ArrayFromJSONString(fields[i]->type(), json[i]).ValueOrDie());
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), arrays.front()->length(), arrays);
}

class Given final : public BatchReader {
 public:
  explicit Given(std::vector<std::shared_ptr<arrow::RecordBatch>> batches)
      : schema_(batches.front()->schema()), batches_(std::move(batches)) {}
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  std::shared_ptr<arrow::RecordBatch> next() override { return next_ < batches_.size() ? batches_[next_++] : nullptr; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return next_; }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::size_t next_ = 0;
};

std::shared_ptr<BatchReader> given(std::vector<std::shared_ptr<arrow::RecordBatch>> batches) {
  return std::make_shared<Given>(std::move(batches));
}

struct Read {
  std::string text;
  std::vector<std::uint64_t> pieces;
};

Read read(const staging::Input& input, std::size_t bytes) {
  Read read;
  const auto records = input.open_batches({}, bytes);
  std::uint64_t position = 1;
  while (const auto piece = records->next()) {
    read.pieces.push_back(piece->records());
    staging::Buffer out;
    while (const auto count = piece->append(position, 1 << 20, out)) position += count;
    read.text += out.view();
  }
  return read;
}

TEST(BatchInput, GivesTheWantedColumnsInTheirOrder) {
  const std::vector fields{arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())};
  const auto rows = given({batch(fields, {"[1, null]", R"(["x", ""])"}), batch(fields, {"[3]", "[null]"})});
  EXPECT_EQ(read(batch_input("frame", rows, {{"b"}, {"a"}}), 1 << 20).text, "\"x\",1\n\"\",\x1A\n\x1A,3\n");
}

TEST(BatchInput, CutsABatchThatIsLargerThanWhatIsAskedFor) {
  std::string json = "[0";
  for (int i = 1; i < 1000; ++i) json += "," + std::to_string(i);
  const auto rows = given({batch({arrow::field("n", arrow::int64())}, {json + "]"})});
  const Read pieces = read(batch_input("frame", rows, {{"n"}}), 800);
  EXPECT_THAT(pieces.pieces, AllOf(SizeIs(testing::Ge(9U)), testing::Each(testing::Le(110U))));
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(pieces.text, expected);
}

TEST(BatchInput, NamesTheRowOfABadValueOverAllBatches) {
  const std::vector fields{arrow::field("t", arrow::timestamp(arrow::TimeUnit::NANO))};
  const auto rows = given({batch(fields, {"[0, 0]"}), batch(fields, {"[0, 1]"})});
  EXPECT_THAT([&] { read(batch_input("frame", rows, {{"t"}}), 1 << 20); },
              ThrowsMessage<Error>(HasSubstr("frame row 4, column t: 1 nanoseconds")));
}

TEST(BatchInput, IsReadOnce) {
  const auto input = batch_input("frame", given({batch({arrow::field("n", arrow::int32())}, {"[1]"})}), {{"n"}});
  EXPECT_EQ(read(input, 100).text, "1\n");
  EXPECT_THAT([&] { read(input, 100); }, ThrowsMessage<Error>(HasSubstr("frame is read once")));
}

TEST(BatchColumns, HaveTheTypesThatTheirFieldsSay) {
  const auto rows = given({batch({field_of("s", *table::parse_type("varchar(77)")), arrow::field("t", arrow::utf8()),
                                  arrow::field("d", arrow::dictionary(arrow::int8(), arrow::utf8())),
                                  arrow::field("l", arrow::list(arrow::int8())),
                                  arrow::field("z", arrow::timestamp(arrow::TimeUnit::MICRO, "Europe/Berlin"))},
                                 {"[]", "[]", "[]", "[]", "[]"})});
  std::vector<std::string> types;
  for (const TypedColumn& column : typed_columns("frame", *rows, names_of(*rows))) {
    types.push_back(column.name + " " + to_string(column.type));
  }
  EXPECT_THAT(types, ElementsAre("s character varying(77)", "t character varying(65535)", "d character varying(65535)",
                                 "l super", "z timestamp with time zone"));
}

TEST(BatchColumns, AreRefusedAllAtOnce) {
  const auto rows = given({batch({arrow::field("d", arrow::duration(arrow::TimeUnit::SECOND)),
                                  arrow::field("x", arrow::int8()), arrow::field("x", arrow::int8())},
                                 {"[]", "[]", "[]"})});
  EXPECT_THAT([&] { typed_columns("frame", *rows, names_of(*rows)); },
              ThrowsMessage<Error>(AllOf(HasSubstr("frame column d"), HasSubstr("no column x, or several"))));
  const std::vector<Wanted> wanted{{"d", table::parse_type("varchar(9)")}, {"gone", table::parse_type("int")}};
  EXPECT_THAT(misfits("frame", *rows, wanted),
              ElementsAre(HasSubstr("column d"), HasSubstr("frame has no column gone")));
  EXPECT_THAT(misfits("frame", *given({batch({arrow::field("x", arrow::int8())}, {"[]"})}),
                      std::vector<Wanted>{{"x", table::parse_type("bigint")}}),
              IsEmpty());
}

}  // namespace
}  // namespace penstock::columnar
