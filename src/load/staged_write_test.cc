#include "penstock/staged_write.h"

#include <arrow/array.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "codec/decompress.h"
#include "load/parts_supply.h"
#include "penstock/error.h"
#include "penstock/sweep.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::Property;
using testing::SizeIs;
using testing::StartsWith;
using testing::Throws;
using testing::ThrowsMessage;

ArrowArrayStream stream_of(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ArrowArrayStream stream{};
  const auto reader = arrow::RecordBatchReader::Make({batch}, batch->schema()).ValueOrDie();
  EXPECT_TRUE(arrow::ExportRecordBatchReader(reader, &stream).ok());
  return stream;
}

std::shared_ptr<arrow::RecordBatch> days() {
  const auto schema = arrow::schema({arrow::field("Day", arrow::date32()), arrow::field("name", arrow::utf8()),
                                     arrow::field("nothing", arrow::null())});
  const auto column = [&](int i, const char* json) {
    return arrow::json::ArrayFromJSONString(schema->field(i)->type(), json).ValueOrDie();
  };
  return arrow::RecordBatch::Make(schema, 2,
                                  {column(0, "[0, null]"), column(1, R"(["a,b", null])"), column(2, "[null, null]")});
}

class StagedWrite : public testing::Test {
 protected:
  StagedWrite() { buckets_->create_bucket("data"); }

  StagedPart staged(const StageOptions& options = {}) {
    auto stream = stream_of(days());
    StageOptions how = options;
    how.staging_bucket = "data";
    return stage(how, stream, context_);
  }

  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto store = buckets_->open("data");
    const auto listing = store->list("");
    while (auto object = listing->next()) keys.push_back(std::move(object->key));
    return keys;
  }

  std::string text_of(const StagedPart& part) {
    std::string text;
    const auto store = buckets_->open("data");
    for (const auto& object : part.objects) {
      const auto reader = decompressed(store->open(*store->head(object.key)), Codec::gzip, object.key);
      std::vector<std::byte> buffer(1 << 16);
      while (const std::size_t count = reader->read(buffer)) {
        text.append(reinterpret_cast<const char*>(buffer.data()), count);
      }
    }
    return text;
  }

  std::unique_ptr<Supply> supply(std::span<const StagedPart> parts) {
    return parts_supply(parts, options_, load_context_, {"data", "_penstock/"}, "load-1");
  }

  const std::unique_ptr<Buckets> buckets_ = open_memory();
  const Environment environment_ = [](std::string_view name) -> std::optional<std::string> {
    return name == "REDSHIFT_ROLE_ARN" ? std::optional<std::string>("arn:aws:iam::123456789012:role/r") : std::nullopt;
  };
  const StageContext context_{.buckets = *buckets_, .environment = environment_, .log = silence()};
  const LoadContext load_context_{
      .connection = {}, .buckets = *buckets_, .environment = environment_, .log = silence()};
  const UpsertOptions options_{.into = "s.days", .mode = WriteMode::append};
  const redshift::CatalogTable table_{.schema = "s",
                                      .name = "days",
                                      .columns = {{.name = "nothing", .type = "integer"},
                                                  {.name = "name", .type = "character varying(9)"},
                                                  {.name = "day", .type = "date"}}};
};

TEST_F(StagedWrite, StagesWhatCopyReadsAndSaysWhatItIs) {
  const StagedPart part = staged({.name = "the days"});
  ASSERT_THAT(part.objects, SizeIs(1));
  EXPECT_THAT(part.objects[0].key, MatchesRegex("_penstock/staged/" + part.id + "/part-00001.csv.gz"));
  EXPECT_EQ(part.rows, 2U);
  EXPECT_EQ(part.bytes, part.objects[0].size);
  EXPECT_EQ(part.objects[0].etag, buckets_->open("data")->head(part.objects[0].key)->etag);
  std::vector<std::string> types;
  for (const auto& column : part.columns) types.push_back(column.name + " " + column.type);
  EXPECT_THAT(types, ElementsAre("Day date", "name character varying(65535)", "nothing character varying(256)"));
  EXPECT_TRUE(part.columns[2].only_nulls);
  EXPECT_EQ(text_of(part), "1970-01-01,\"a,b\",\x1A\n\x1A,\x1A,\x1A\n");
  EXPECT_THAT(keys(), ElementsAre(part.objects[0].key)) << "and nothing else";
}

TEST_F(StagedWrite, OfAPartitionCarriesPositionsBehindThoseOfThePartitionsBefore) {
  EXPECT_THAT(text_of(staged({.partition = 0})), AllOf(HasSubstr(",1\n"), EndsWith(",2\n")));
  EXPECT_THAT(text_of(staged({.partition = 2})), AllOf(HasSubstr(",2199023255553\n"), EndsWith(",2199023255554\n")));
}

TEST_F(StagedWrite, IsMadeForTheTypesThatAreSaid) {
  const StagedPart part = staged({.types = {{"DAY", "timestamp"}, {"nothing", "integer"}}});
  EXPECT_EQ(part.columns[0].type, "timestamp without time zone");
  EXPECT_FALSE(part.columns[2].only_nulls);
  EXPECT_THAT(text_of(part), StartsWith("1970-01-01 00:00:00,"));
}

TEST_F(StagedWrite, RefusesAllThatIsWrongAndLeavesNothing) {
  EXPECT_THAT([&] { staged({.types = {{"day", "super"}, {"dya", "date"}, {"name", "varchar(9)"}}}); },
              ThrowsMessage<Error>(HasSubstr("no column dya, whose type was said")));
  EXPECT_THAT([&] { staged({.types = {{"day", "varbyte"}, {"name", "date"}}}); },
              ThrowsMessage<Error>(AllOf(HasSubstr("column Day"), HasSubstr("does not go into"))));
  EXPECT_THAT([&] { staged({.partition = kMostPartitions, .types = {{"day", "dat"}, {"Day", "date"}}}); },
              ThrowsMessage<Error>(
                  AllOf(HasSubstr("partition"), HasSubstr("'dat', which Redshift has not"), HasSubstr("said twice"))));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(StagedWrite, TakesTheStreamEvenWhereTheOptionsAreWrong) {
  auto stream = stream_of(days());
  EXPECT_THAT([&] { stage({.partition = kMostPartitions}, stream, context_); },
              Throws<Error>(Property(&Error::kind, ErrorKind::invalid)));
  EXPECT_EQ(stream.release, nullptr);
  auto other = stream_of(days());
  EXPECT_THAT([&] { stage({}, other, context_); }, ThrowsMessage<Error>(HasSubstr("there is no place to stage in")));
  EXPECT_EQ(other.release, nullptr);
}

TEST_F(StagedWrite, IsCopiedByOneManifestAndRemovedOnceItIsCommitted) {
  const std::vector parts{staged(), staged()};
  {
    const auto rows = supply(parts);
    const Batch batch = rows->batch(table_);
    EXPECT_THAT(batch.columns, ElementsAre("day", "name", "nothing"));
    EXPECT_FALSE(batch.has_position);
    const Provided provided = rows->provide(batch, {});
    EXPECT_EQ(provided.objects, 2U);
    EXPECT_EQ(provided.records, 4U);
    const auto store = buckets_->open("data");
    const std::string manifest = read_all(*store, "_penstock/staged/load-1/manifest.json", 10'000);
    for (const StagedPart& part : parts) EXPECT_THAT(manifest, HasSubstr("s3://data/" + part.objects[0].key));
    rows->verify();
  }
  EXPECT_THAT(keys(), SizeIs(2)) << "what was not committed stays, for another try";
  supply(parts)->committed();
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(StagedWrite, IsNotWhatItWasOnceAnObjectOfItIsOverwritten) {
  const std::vector parts{staged()};
  const auto rows = supply(parts);
  rows->provide(rows->batch(table_), {});
  write_all(*buckets_->open("data"), parts[0].objects[0].key, "x");
  EXPECT_THAT([&] { rows->verify(); }, Throws<Error>(Property(&Error::kind, ErrorKind::conflict)));
}

TEST_F(StagedWrite, DoesNotGoIntoColumnsThatItWasNotMadeFor) {
  auto table = table_;
  table.columns[2].type = "timestamp without time zone";
  const std::vector parts{staged()};
  EXPECT_THAT([&] { static_cast<void>(supply(parts)->batch(table)); },
              ThrowsMessage<Error>(HasSubstr("Day was staged as date (date32[day])")));
}

TEST_F(StagedWrite, HasNoLastRowWithoutPartitionsOrAnOrder) {
  const std::vector parts{staged()};
  const UpsertOptions how{.into = "s.days", .key = {"day"}, .duplicates = Duplicates::last};
  EXPECT_THAT([&] { parts_supply(parts, how, load_context_, {"data", ""}, "l"); },
              ThrowsMessage<Error>(HasSubstr("order_by does, or a partition")));
  const std::vector numbered{staged({.partition = 0}), staged({.partition = 1})};
  EXPECT_TRUE(parts_supply(numbered, how, load_context_, {"data", ""}, "l")->batch(table_).has_position);
}

TEST_F(StagedWrite, IsDiscardedOrSwept) {
  const std::vector parts{staged()};
  const StagedPart lost = staged();
  discard(parts, context_);
  discard(parts, context_);
  EXPECT_THAT(keys(), ElementsAre(lost.objects[0].key)) << "another's stays";
  const auto swept =
      sweep({.bucket = "data", .older_than = std::chrono::seconds(0)}, *buckets_, environment_, silence());
  ASSERT_THAT(swept.leftovers, SizeIs(testing::Ge(1U)));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(StagedWrite, IsCommittedByNobodyWithoutAPart) {
  EXPECT_THAT([&] { commit({}, options_, load_context_); }, ThrowsMessage<Error>(HasSubstr("there is no part")));
  const std::vector parts{staged()};
  EXPECT_THAT([&] { commit(parts, {.into = "s.days", .mode = WriteMode::append, .columns = {"day"}}, load_context_); },
              ThrowsMessage<Error>(HasSubstr("--columns can't choose")));
  EXPECT_THAT([&] { commit(parts, {.into = "days"}, load_context_); },
              ThrowsMessage<Error>(AllOf(HasSubstr("is not schema.table"), HasSubstr("--key is missing"))));
}

}  // namespace
}  // namespace penstock
