#include "penstock/scan.h"

#include <arrow/array.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "penstock/move.h"
#include "store/temp_folder.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Property;
using testing::SizeIs;
using testing::Throws;
using testing::ThrowsMessage;

std::shared_ptr<arrow::RecordBatch> users(std::int64_t rows = 3) {
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8()), arrow::field("born", arrow::date32())});
  std::string ids, names, days;
  for (std::int64_t i = 0; i < rows; ++i) {
    const char* const comma = i == 0 ? "" : ",";
    ids += comma + std::to_string(5'000'000'000 + i);
    names += comma + (i % 3 == 2 ? std::string("null") : i % 3 == 1 ? std::string("\"\"") : std::string("\"a,b\""));
    days += comma + std::to_string(i % 20'000);
  }
  const auto column = [&](int i, const std::string& json) {
    return arrow::json::ArrayFromJSONString(schema->field(i)->type(), "[" + json + "]").ValueOrDie();
  };
  return arrow::RecordBatch::Make(schema, rows, {column(0, ids), column(1, names), column(2, days)});
}

// Batches, and then perhaps an error.
class Given final : public arrow::RecordBatchReader {
 public:
  explicit Given(std::vector<std::shared_ptr<arrow::RecordBatch>> batches, arrow::Status end = arrow::Status::OK())
      : batches_(std::move(batches)), end_(std::move(end)) {}
  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return users(1)->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (next_ == batches_.size()) return end_;
    *batch = batches_[next_++];
    return arrow::Status::OK();
  }

 private:
  const std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  const arrow::Status end_;
  std::size_t next_ = 0;
};

ArrowArrayStream stream_of(std::vector<std::shared_ptr<arrow::RecordBatch>> batches,
                           arrow::Status end = arrow::Status::OK()) {
  ArrowArrayStream stream{};
  EXPECT_TRUE(
      arrow::ExportRecordBatchReader(std::make_shared<Given>(std::move(batches), std::move(end)), &stream).ok());
  return stream;
}

class ArrowStreams : public testing::Test {
 protected:
  ArrowStreams() {
    buckets_->create_bucket("bucket");
    store_ = buckets_->open("bucket");
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  MoveOutcome move_into(const std::string& destination, std::vector<std::shared_ptr<arrow::RecordBatch>> batches) {
    auto stream = stream_of(std::move(batches));
    return move({.stream = &stream, .destination = destination}, context_);
  }

  // All of it as one batch.
  std::shared_ptr<arrow::RecordBatch> scanned(const ScanOptions& options) {
    ArrowArrayStream stream{};
    const auto end = scan(options, context_, stream);
    const auto table = arrow::ImportRecordBatchReader(&stream).ValueOrDie()->ToTable().ValueOrDie();
    EXPECT_FALSE(end->failure());
    return table->CombineChunksToBatch().ValueOrDie();  // the stream is released by now
  }

  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }

  const TempFolder folder_;
  const std::unique_ptr<Buckets> buckets_ = open_memory();
  std::unique_ptr<ObjectStore> store_;
  std::stop_source stop_;
  const MoveContext context_{*buckets_, [](std::string_view) { return std::nullopt; }, silence(), stop_.get_token()};
};

TEST_F(ArrowStreams, GoIntoFilesOfEveryFormatAndComeBackAsTheyWere) {
  for (const char* name : {"a.parquet", "a.orc", "a.csv", "a.csv.gz", "a.tsv.zst", "a.jsonl", "a.jsonl.bz2"}) {
    const MoveOutcome moved = move_into(path(name), {users(2), users(1)});
    EXPECT_EQ(moved.rows, 3U) << name;
    EXPECT_THAT(moved.written, ElementsAre(path(name)));
    EXPECT_EQ(moved.plan.routes.front().steps.front().how, "taken as they are");
    const auto back = scanned({.source = path(name)});
    ASSERT_EQ(back->num_rows(), 3) << name;
    const auto wanted =
        arrow::Table::FromRecordBatches({users(2), users(1)}).ValueOrDie()->CombineChunksToBatch().ValueOrDie();
    for (int i = 0; i < back->num_columns(); ++i) {
      EXPECT_EQ(back->column_name(i), wanted->column_name(i)) << name;
      EXPECT_EQ(back->column(i)->ToString(), wanted->column(i)->ToString()) << name;
    }
  }
}

TEST_F(ArrowStreams, GoIntoFoldersAndObjects) {
  EXPECT_THAT(move_into("s3://bucket/b.parquet", {users()}).written, ElementsAre("s3://bucket/b.parquet"));
  EXPECT_THAT(move_into(path("folder/"), {users()}).written, ElementsAre(path("folder/part-00001.csv")))
      << "CSV, if nothing says";
  EXPECT_EQ(scanned({.source = "s3://bucket/*.parquet"})->num_rows(), 3);
  EXPECT_EQ(scanned({.source = path("folder/")})->num_rows(), 3);
}

TEST_F(ArrowStreams, AreReleasedWhateverComesOfThem) {
  auto failing = stream_of({users()}, arrow::Status::IOError("the engine is gone"));
  EXPECT_THAT([&] { move({.stream = &failing, .stream_name = "a frame", .destination = path("a.csv")}, context_); },
              ThrowsMessage<Error>(AllOf(HasSubstr("a frame"), HasSubstr("the engine is gone"))));
  EXPECT_EQ(failing.release, nullptr);
  EXPECT_FALSE(std::filesystem::exists(path("a.csv"))) << "half of it is none of it";
  auto refused = stream_of({users()});
  EXPECT_THAT(
      [&] {
        move({.source = "b.csv",
              .stream = &refused,
              .destination = path("a.xyz"),
              .query = "SELECT 1",
              .sample = 3,
              .null_as = "-"},
             context_);
      },
      ThrowsMessage<Error>(
          AllOf(HasSubstr("SRC means nothing"), HasSubstr("--query"), HasSubstr("--sample"), HasSubstr("--null-as"))));
  EXPECT_EQ(refused.release, nullptr);
  auto planned = stream_of({users()});
  EXPECT_THAT(move({.stream = &planned, .destination = path("a.csv"), .dry_run = true}, context_).steps,
              Not(IsEmpty()));
  EXPECT_EQ(planned.release, nullptr);
  EXPECT_FALSE(std::filesystem::exists(path("a.csv")));
}

TEST_F(ArrowStreams, AreLeftAloneByAPlan) {
  auto stream = stream_of({users()});
  EXPECT_EQ(plan_move({.stream = &stream, .destination = path("a.csv")}, context_).source, "an Arrow stream");
  ASSERT_NE(stream.release, nullptr);
  stream.release(&stream);
}

TEST_F(ArrowStreams, OfManyFilesAreReadOneAfterTheOther) {
  write("1.csv", "id,name\n1,a\n");
  write("2.csv", "id,name\n2,\n");
  const auto rows = scanned({.source = path("*.csv")});
  EXPECT_EQ(rows->schema()->ToString(), "id: int32\nname: string");
  EXPECT_EQ(rows->num_rows(), 2);
  EXPECT_EQ(scanned({.source = path("1.csv"), .columns = {"x", "y"}})->num_rows(), 2) << "its header is a row then";
}

TEST_F(ArrowStreams, EndAtOnceWhenTheyAreReleased) {
  // more than what is read ahead, so that who reads it is waiting for a taker
  move_into(path("long.parquet"), {users(200'000), users(200'000), users(200'000)});
  move_into(path("long.csv"), {users(200'000), users(200'000), users(200'000)});
  for (const char* name : {"long.parquet", "long.csv"}) {
    for (int taken = 0; taken < 2; ++taken) {
      ArrowArrayStream stream{};
      scan({.source = path(name), .memory = 4 << 20}, context_, stream);
      std::vector<ArrowArray> arrays(static_cast<std::size_t>(taken));
      for (ArrowArray& array : arrays) ASSERT_EQ(stream.get_next(&stream, &array), 0) << stream.get_last_error(&stream);
      stream.release(&stream);
      EXPECT_EQ(stream.release, nullptr);
      for (ArrowArray& array : arrays) {
        EXPECT_GT(array.length, 0) << "it outlives its stream";
        array.release(&array);
      }
    }
  }
}

TEST_F(ArrowStreams, GiveTheirErrorAsItIs) {
  write("bad.jsonl", "{\"id\": 1}\n{\"id\": 2}\n");
  ArrowArrayStream stream{};
  std::string text = "id,name\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + ",x\n";
  write("bad.csv", text + "1,2,3\n");
  EXPECT_THAT([&] { scan({.source = path("bad.csv")}, context_, stream); },
              ThrowsMessage<Error>(HasSubstr("line 100002")))
      << "its types need all of it";
  const auto end = scan({.source = path("bad.csv"), .sample = 10}, context_, stream);
  int code = 0;
  while (code == 0) {
    ArrowArray array{};
    code = stream.get_next(&stream, &array);
    if (code != 0) break;
    ASSERT_NE(array.release, nullptr) << "it ended without an error";
    array.release(&array);
  }
  EXPECT_THAT(stream.get_last_error(&stream), AllOf(HasSubstr("bad.csv"), HasSubstr("line 100002")));
  ASSERT_TRUE(end->failure());
  EXPECT_EQ(end->failure()->kind(), ErrorKind::refused);
  ArrowArray array{};
  EXPECT_NE(stream.get_next(&stream, &array), 0) << "and again";
  stream.release(&stream);
  EXPECT_EQ(end->failure()->kind(), ErrorKind::refused) << "it outlives the stream";
}

TEST_F(ArrowStreams, EndWhenAStopIsRequested) {
  move_into(path("a.parquet"), {users()});
  ArrowArrayStream stream{};
  const auto end = scan({.source = path("a.parquet")}, context_, stream);
  stop_.request_stop();
  ArrowArray array{};
  EXPECT_EQ(stream.get_next(&stream, &array), ECANCELED);
  EXPECT_EQ(end->failure()->kind(), ErrorKind::cancelled);
  stream.release(&stream);
}

TEST_F(ArrowStreams, OfWhatIsNotThereAreNone) {
  ArrowArrayStream stream{};
  EXPECT_THAT([&] { scan({.source = path("none.csv")}, context_, stream); },
              Throws<Error>(Property(&Error::kind, ErrorKind::not_found)));
  EXPECT_THAT([&] { scan({.source = ""}, context_, stream); }, ThrowsMessage<Error>(HasSubstr("SRC is missing")));
  EXPECT_THAT([&] { scan({.source = "a.parquet", .sample = 3}, context_, stream); },
              ThrowsMessage<Error>(HasSubstr("--sample is for CSV")));
  EXPECT_EQ(stream.release, nullptr);
}

}  // namespace
}  // namespace penstock
