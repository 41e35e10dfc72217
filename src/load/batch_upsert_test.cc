#include "load/batch_upsert.h"

#include <arrow/array.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "codec/decompress.h"
#include "load/batch_supply.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::ThrowsMessage;

std::shared_ptr<arrow::RecordBatch> users() {
  const auto schema = arrow::schema({arrow::field("ID", arrow::int32()), arrow::field("name", arrow::utf8()),
                                     arrow::field("tags", arrow::list(arrow::utf8()))});
  const auto column = [&](int i, const char* json) {
    return arrow::json::ArrayFromJSONString(schema->field(i)->type(), json).ValueOrDie();
  };
  return arrow::RecordBatch::Make(
      schema, 3, {column(0, "[1, 2, null]"), column(1, R"(["a,b", "", null])"), column(2, R"([["x"], null, []])")});
}

class Given final : public columnar::BatchReader {
 public:
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return batch_->schema(); }
  std::shared_ptr<arrow::RecordBatch> next() override { return std::exchange(left_, nullptr); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return 42; }

 private:
  const std::shared_ptr<arrow::RecordBatch> batch_ = users();
  std::shared_ptr<arrow::RecordBatch> left_ = batch_;
};

class BatchSupplyTest : public testing::Test {
 protected:
  BatchSupplyTest() { buckets_->create_bucket("data"); }

  std::unique_ptr<Supply> supply(const UpsertOptions& options) {
    return batch_supply(std::make_shared<Given>(), options, context_, {"data", "base/"}, "load-1");
  }

  // All that stands there, but for the manifest.
  std::string staged() {
    const auto store = buckets_->open("data");
    const auto listing = store->list("");
    std::string text;
    while (const auto object = listing->next()) {
      if (object->key.ends_with("manifest.json")) continue;
      const auto reader = decompressed(store->open(*object), Codec::gzip, object->key);
      std::vector<std::byte> buffer(1 << 16);
      while (const std::size_t count = reader->read(buffer)) {
        text.append(reinterpret_cast<const char*>(buffer.data()), count);
      }
    }
    return text;
  }

  const std::unique_ptr<Buckets> buckets_ = open_memory();
  const Environment environment_ = [](std::string_view name) -> std::optional<std::string> {
    return name == "REDSHIFT_ROLE_ARN" ? std::optional<std::string>("arn:aws:iam::123456789012:role/r") : std::nullopt;
  };
  LoadContext context_{.connection = {}, .buckets = *buckets_, .environment = environment_, .log = silence()};
  const redshift::CatalogTable table_{.schema = "s",
                                      .name = "users",
                                      .columns = {{.name = "tags", .type = "super"},
                                                  {.name = "id", .type = "bigint"},
                                                  {.name = "name", .type = "character varying(9)"}}};
};

TEST_F(BatchSupplyTest, StagesRowsForTheTablesColumnsOfTheirNames) {
  const UpsertOptions options{
      .stream_name = "a frame", .into = "s.users", .key = {"id"}, .duplicates = Duplicates::last};
  const auto rows = supply(options);
  EXPECT_EQ(rows->name(), "a frame");
  const Batch batch = rows->batch(table_);
  EXPECT_THAT(batch.columns, ElementsAre("id", "name", "tags"));
  EXPECT_TRUE(batch.has_position);
  const Provided provided = rows->provide(batch, {});
  EXPECT_EQ(provided.records, 3U);
  EXPECT_EQ(provided.bytes_read, 42U);
  EXPECT_THAT(rows->batch(table_).columns, ElementsAre("id", "name", "tags")) << "asked for in each attempt";
  EXPECT_EQ(staged(), "1,\"a,b\",\"[\"\"x\"\"]\",1\n2,\"\",\x1A,2\n\x1A,\x1A,\"[]\",3\n");
}

TEST_F(BatchSupplyTest, LeavesNothingBehind) {
  const UpsertOptions options{.into = "s.users", .mode = WriteMode::append};
  {
    const auto rows = supply(options);
    rows->provide(rows->batch(table_), {});
    EXPECT_THAT(staged(), Not(IsEmpty()));
  }
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(BatchSupplyTest, MakesATableOfItsTypesAndOfTheWantedColumns) {
  const UpsertOptions options{.mode = WriteMode::append, .columns = {"tags", "ID"}};
  const auto rows = supply(options);
  std::vector<std::string> types;
  for (const auto& column : rows->columns({})) types.push_back(column.name + " " + to_string(column.type));
  EXPECT_THAT(types, ElementsAre("tags super", "ID integer"));
  EXPECT_THAT(rows->batch(table_).columns, ElementsAre("tags", "id"));
}

TEST_F(BatchSupplyTest, RefusesWhatDoesNotFit) {
  const UpsertOptions options{.stream_name = "a frame", .mode = WriteMode::append};
  redshift::CatalogTable table = table_;
  table.columns[0].type = "date";
  EXPECT_THAT([&] { static_cast<void>(supply(options)->batch(table)); },
              ThrowsMessage<Error>(AllOf(HasSubstr("a frame column tags"), HasSubstr("does not go into date"))));
  table.columns.pop_back();
  EXPECT_THAT([&] { static_cast<void>(supply(options)->batch(table)); },
              ThrowsMessage<Error>(HasSubstr("no column name")));
}

TEST(UpsertOptionsOfAStream, SayNothingOfFiles) {
  ArrowArrayStream stream{};
  const UpsertOptions sensible{.stream = &stream, .into = "s.users", .mode = WriteMode::append};
  EXPECT_THAT(problems_of(sensible), IsEmpty());
  UpsertOptions options = sensible;
  options.sources = {"a.csv"};
  options.query = "SELECT 1";
  options.format = SourceFormat::csv;
  options.delimiter = ';';
  options.quote = '\'';
  options.escape = '\\';
  options.null_as = "NA";
  options.empty_as_null = true;
  options.check = true;
  const auto problems = problems_of(options);
  for (const char* option : {"only source", "--query", "--format", "--delimiter", "--quote", "--escape", "--null-as",
                             "--empty-as-null", "--check"}) {
    EXPECT_THAT(problems, Contains(HasSubstr(option)));
  }
}

TEST_F(BatchSupplyTest, OfAStreamReleasesItEvenWhereTheOptionsAreWrong) {
  ArrowArrayStream stream{};
  const auto reader = arrow::RecordBatchReader::Make({users()}).ValueOrDie();
  ASSERT_TRUE(arrow::ExportRecordBatchReader(reader, &stream).ok());
  const UpsertOptions options{.stream = &stream, .into = "nowhere"};
  EXPECT_THAT([&] { upsert(options, context_); },
              ThrowsMessage<Error>(AllOf(HasSubstr("schema.table"), HasSubstr("--key"))));
  EXPECT_EQ(stream.release, nullptr);
  EXPECT_EQ(reader.use_count(), 1);
}

}  // namespace
}  // namespace penstock
