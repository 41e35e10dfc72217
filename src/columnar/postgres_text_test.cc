#include "columnar/postgres_text.h"

#include <arrow/array.h>
#include <arrow/extension/uuid.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "columnar/fields.h"
#include "penstock/error.h"
#include "table/type.h"

namespace penstock::columnar {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class Given final : public BatchReader {
 public:
  Given(std::vector<std::shared_ptr<arrow::Field>> fields, std::vector<std::vector<std::string>> batches)
      : schema_(arrow::schema(std::move(fields))), batches_(std::move(batches)) {}
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  std::shared_ptr<arrow::RecordBatch> next() override {
    if (next_ == batches_.size()) return nullptr;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (std::size_t i = 0; i < batches_[next_].size(); ++i) {
      const auto type = schema_->field(static_cast<int>(i))->type();
      arrays.push_back(arrow::json::ArrayFromJSONString(type, batches_[next_][i]).ValueOrDie());
    }
    ++next_;
    return arrow::RecordBatch::Make(schema_, arrays.front()->length(), arrays);
  }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return next_; }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::vector<std::string>> batches_;
  std::size_t next_ = 0;
};

std::string text_of(BatchReader& rows, std::vector<PostgresColumn> columns, std::size_t bytes = 1 << 20) {
  PostgresText text("frame", rows, std::move(columns));
  std::string all;
  staging::Buffer out;
  while (text.append(bytes, out) > 0) {
    all += out.view();
    out.clear();
  }
  return all;
}

TEST(PostgresText, KeepsNullFromTextThatLooksLikeIt) {
  Given rows({arrow::field("t", arrow::utf8())}, {{R"(["", null, "\\N", "a\tb\nc\rd\\e", "ü"])"}});
  EXPECT_EQ(text_of(rows, {{"t", "text"}}), "\n\\N\n\\\\N\na\\tb\\nc\\rd\\\\e\nü\n");
}

TEST(PostgresText, SaysEachValueAsItsColumnReadsIt) {
  Given rows({arrow::field("b", arrow::binary()), arrow::field("f", arrow::boolean()),
              arrow::field("d", arrow::decimal128(38, 2)), arrow::field("r", arrow::float64()),
              arrow::field("z", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
              arrow::field("l", arrow::list(arrow::utf8()))},
             {{R"(["a\u0001", ""])", "[true, false]", R"(["123456789012345678901234567890123456.78", "-0.10"])",
               "[NaN, -Inf]", "[1, 0]", R"([["a\\"], []])"}});
  EXPECT_EQ(
      text_of(rows, {{"b", "bytea"},
                     {"f", "integer"},
                     {"d", "numeric"},
                     {"r", "double precision"},
                     {"z", "timestamp with time zone"},
                     {"l", "jsonb"}}),
      "\\\\x6101\t1\t123456789012345678901234567890123456.78\tNaN\t1970-01-01 00:00:00.000001+00\t[\"a\\\\\\\\\"]\n"
      "\\\\x\t0\t-0.10\t-Infinity\t1970-01-01 00:00:00+00\t[]\n");
}

TEST(PostgresText, ComesInPiecesOfAboutTheBytesThatAreAsked) {
  Given rows({arrow::field("n", arrow::int32())}, {{"[1, 2, 3]"}, {"[4]"}, {"[5, 6]"}});
  EXPECT_EQ(text_of(rows, {{"n", "integer"}}, 3), "1\n2\n3\n4\n5\n6\n");
}

TEST(PostgresText, NamesTheRowOverAllBatches) {
  Given rows({arrow::field("n", arrow::decimal128(5, 2))}, {{R"(["1.00"])"}, {R"(["1.00", "1.23"])"}});
  EXPECT_THAT([&] { text_of(rows, {{"n", "integer"}}); },
              ThrowsMessage<Error>(HasSubstr("frame row 3, column n: 1.23 has more digits")));
}

TEST(PostgresColumns, AreMadeOfTheFields) {
  const Given rows({field_of("s", *table::parse_type("varchar(7)")), arrow::field("t", arrow::utf8()),
                    arrow::field("u", arrow::extension::uuid()), arrow::field("n", arrow::uint64()),
                    arrow::field("l", arrow::struct_({arrow::field("x", arrow::int8())}))},
                   {});
  std::vector<std::string> columns;
  for (const auto& column : postgres_columns("frame", rows)) columns.push_back(column.name + " " + column.type);
  EXPECT_THAT(columns, ElementsAre("s character varying(7)", "t text", "u uuid", "n numeric(20,0)", "l jsonb"));
}

TEST(PostgresColumns, AreRefusedAllAtOnce) {
  const Given rows({arrow::field("d", arrow::duration(arrow::TimeUnit::SECOND)), arrow::field("x", arrow::int8()),
                    arrow::field("x", arrow::int8()), arrow::field("l", arrow::list(arrow::int8())),
                    arrow::field("t", arrow::utf8()), arrow::field("i", arrow::int64())},
                   {});
  EXPECT_THAT([&] { postgres_columns("frame", rows); },
              ThrowsMessage<Error>(AllOf(HasSubstr("column d"), HasSubstr("several columns x"))));
  EXPECT_THAT(
      postgres_misfits("frame", rows,
                       std::vector<PostgresColumn>{{"l", "integer[]"}, {"t", "bytea"}, {"i", "inet"}, {"y", "text"}}),
      ElementsAre(HasSubstr("column l: list<item: int8> does not go into integer[]"),
                  HasSubstr("column t: string does not go into bytea"), HasSubstr("does not go into inet"),
                  HasSubstr("has no column y")));
  EXPECT_THAT(
      postgres_misfits("frame", rows,
                       std::vector<PostgresColumn>{{"l", "text"}, {"t", "inet"}, {"i", "numeric"}, {"t", "money"}}),
      IsEmpty());
}

}  // namespace
}  // namespace penstock::columnar
