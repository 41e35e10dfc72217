#include "columnar/file_batches.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/array/array_base.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "columnar/orc_writer.h"
#include "columnar/parquet_writer.h"
#include "columnar/select.h"
#include "penstock/error.h"
#include "store/byte_sink.h"
#include "store/temp_folder.h"

namespace penstock::columnar {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Column = std::tuple<std::string, std::shared_ptr<arrow::DataType>, std::string>;  // its values as JSON

std::shared_ptr<arrow::RecordBatch> batch_of(const std::vector<Column>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, type, json] : columns) {
    fields.push_back(arrow::field(name, type));
    arrays.push_back(arrow::json::ArrayFromJSONString(type, json).ValueOrDie());
  }
  const std::int64_t rows = arrays.front()->length();
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
}

std::string numbers(int from, int count) {
  std::string json = "[";
  for (int i = 0; i < count; ++i) json += (i > 0 ? "," : "") + std::to_string(from + i);
  return json + "]";
}

// One suite for both formats.
struct Format {
  std::string suffix;
  std::unique_ptr<BatchReader> (*read)(std::vector<FileInput>, const FileReading&);
  std::unique_ptr<BatchWriter> (*write)(const std::shared_ptr<arrow::Schema>&, std::unique_ptr<ByteSink>);
};

std::unique_ptr<BatchWriter> small_parquet(const std::shared_ptr<arrow::Schema>& schema,
                                           std::unique_ptr<ByteSink> sink) {
  return parquet_writer(schema, std::move(sink), {.row_group_bytes = 1});
}

class FileBatches : public testing::TestWithParam<Format> {
 protected:
  FileBatches() { buckets_->create_bucket("bucket"); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() / (name + GetParam().suffix); }
  FileInput file(const std::string& name, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) const {
    write(local_sink(path(name), Existing::replace), batches);
    return {.name = path(name)};
  }
  FileInput object(const std::string& key, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) const {
    write(object_sink(*store_, key, Existing::replace), batches);
    return {.name = store_->uri_of(key), .store = store_.get(), .object = *store_->head(key)};
  }
  static void write(std::unique_ptr<ByteSink> sink, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
    const auto writer = GetParam().write(batches.front()->schema(), std::move(sink));
    for (const auto& batch : batches) writer->write(*batch);
    writer->commit();
  }
  static std::unique_ptr<BatchReader> read(std::vector<FileInput> files, const FileReading& how = {}) {
    return GetParam().read(std::move(files), how);
  }
  static std::shared_ptr<arrow::RecordBatch> all_of(BatchReader& reader) {
    arrow::RecordBatchVector batches;
    while (const auto batch = reader.next()) batches.push_back(batch);
    if (batches.empty()) return arrow::RecordBatch::MakeEmpty(reader.schema()).ValueOrDie();
    return arrow::ConcatenateRecordBatches(batches).ValueOrDie();
  }
  [[nodiscard]] std::string bytes_of(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  FileInput raw_file(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return {.name = path(name)};
  }

  const TempFolder folder_;
  const std::unique_ptr<Buckets> buckets_ = open_memory();
  const std::unique_ptr<ObjectStore> store_ = buckets_->open("bucket");
};

TEST_P(FileBatches, ComeInTheOrderOfTheFilesAndTheirRows) {
  const auto first = batch_of({{"n", arrow::int32(), numbers(0, 1000)}});
  const auto second = batch_of({{"n", arrow::int32(), numbers(1000, 500)}});
  const auto third = batch_of({{"n", arrow::int32(), numbers(1500, 7)}});
  const auto reader = read({file("a", {first, second}), object("b", {third})}, {.batch_bytes = 1 << 10});
  EXPECT_TRUE(all_of(*reader)->column(0)->Equals(batch_of({{"n", arrow::int32(), numbers(0, 1507)}})->column(0)));
  EXPECT_EQ(reader->next(), nullptr);
  EXPECT_GT(reader->bytes_read(), 0U);
}

TEST_P(FileBatches, HaveTheColumnsOfTheFirstFileByNameAndTypesThatTakeAll) {
  const auto first = batch_of({{"a", arrow::int8(), "[1]"},
                               {"b", arrow::utf8(), R"(["x"])"},
                               {"c", arrow::decimal128(5, 1), R"(["1.5"])"},
                               {"d", arrow::float32(), "[0.5]"}});
  const auto second = batch_of({{"d", arrow::float64(), "[0.1]"},
                                {"c", arrow::decimal128(7, 3), R"(["1000.125"])"},
                                {"b", arrow::utf8(), R"([null])"},
                                {"a", arrow::int64(), "[5000000000]"}});
  const auto all = all_of(*read({file("a", {first}), file("b", {second})}));
  const auto wanted = batch_of({{"a", arrow::int64(), "[1, 5000000000]"},
                                {"b", arrow::utf8(), R"(["x", null])"},
                                {"c", arrow::decimal128(7, 3), R"(["1.500", "1000.125"])"},
                                {"d", arrow::float64(), "[0.5, 0.1]"}});
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(all->column(i)->Equals(wanted->column(i))) << all->column(i)->ToString();
  EXPECT_EQ(all->schema()->field_names(), wanted->schema()->field_names());
}

TEST_P(FileBatches, ThatDoNotAgreeAreRefusedAllOfIt) {
  const auto first = batch_of({{"a", arrow::int8(), "[1]"}, {"b", arrow::utf8(), R"(["x"])"}});
  const auto second = batch_of({{"a", arrow::utf8(), R"(["1"])"}, {"c", arrow::int8(), "[1]"}});
  const std::vector<FileInput> files{file("one", {first}), file("two", {second})};
  EXPECT_THAT([&] { read(files); },
              ThrowsMessage<Error>(AllOf(HasSubstr("column a is int8 in"), HasSubstr("and string in"),
                                         HasSubstr("has no column b, or several"), HasSubstr("has a column c, and"))));
}

TEST_P(FileBatches, WithoutARowHaveTheirColumns) {
  const auto none = batch_of({{"a", arrow::int32(), "[]"}, {"b", arrow::utf8(), "[]"}});
  const auto reader = read({file("a", {none})});
  EXPECT_EQ(reader->schema()->field_names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader->next(), nullptr);
}

TEST_P(FileBatches, OfAnObjectThatChangedAreAConflict) {
  const auto rows = batch_of({{"n", arrow::int32(), numbers(0, 1000)}});
  const auto before = object("k", {rows});
  object("k", {batch_of({{"n", arrow::int32(), numbers(1, 1000)}})});
  try {
    all_of(*read({before}));
    FAIL() << "another version was read";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::conflict) << e.what();
  }
}

TEST_P(FileBatches, OfAFileThatIsNotThereAndOfNoFile) {
  EXPECT_THAT([&] { read({{.name = path("none")}}); }, ThrowsMessage<Error>(HasSubstr("opening " + path("none"))));
  EXPECT_THAT([&] { read({{.name = folder_.path()}}); }, ThrowsMessage<Error>(HasSubstr("is no regular file")));
  for (const std::string bytes : {"", "a", "PAR1", "ORC", "id,name\n1,one\n"}) {
    EXPECT_THAT([&] { read({raw_file("x", bytes)}); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path("x")), HasSubstr("file that can be read"))))
        << bytes;
  }
}

TEST_P(FileBatches, ThatAreBrokenAnywhereAreRefusedOrRead) {
  const auto rows = batch_of({{"n", arrow::int32(), numbers(0, 200)},
                              {"d", arrow::decimal128(38, 2),
                               "[" +
                                   [] {
                                     std::string texts = "\"0.25\"";
                                     for (int i = 1; i < 200; ++i) texts += ",\"" + std::to_string(i) + ".25\"";
                                     return texts;
                                   }() +
                                   "]"},
                              {"l", arrow::list(arrow::utf8()), "[" + [] {
                                 std::string texts = "[]";
                                 for (int i = 1; i < 200; ++i) texts += ",[\"" + std::to_string(i) + "\", null]";
                                 return texts;
                               }() + "]"}});
  file("whole", {rows});
  const std::string whole = bytes_of("whole");
  int refused = 0;
  const auto try_to_read = [&](const std::string& bytes) {
    try {
      all_of(*read({raw_file("broken", bytes)}, {.memory = 64 << 20}));
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused) << e.what();
      EXPECT_THAT(e.what(), HasSubstr(path("broken")));
      ++refused;
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += whole.size() / 40) try_to_read(whole.substr(0, size));
  EXPECT_GE(refused, 40) << "a file that is cut is refused, wherever it is";
  std::uint32_t noise = 1;
  for (int i = 0; i < 400; ++i) {
    std::string bytes = whole;
    noise = noise * 1'664'525U + 1'013'904'223U;
    bytes[(noise >> 8U) % bytes.size()] ^= static_cast<char>(1U << (noise % 8));
    try_to_read(bytes);
  }
}

TEST_P(FileBatches, StopWhenAsked) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches(20, batch_of({{"n", arrow::int32(), numbers(0, 5000)}}));
  std::stop_source stop;
  const auto reader = read({file("a", batches)}, {.batch_bytes = 1 << 10, .stop = stop.get_token()});
  EXPECT_NE(reader->next(), nullptr);
  stop.request_stop();
  try {
    while (reader->next()) {
    }
    FAIL() << "it went on";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
}

TEST_P(FileBatches, OfObjectsTakeNoMoreThanTheirMemory) {
  // much more, in all, than may be held at once
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::uint32_t noise = 1;
  for (int i = 0; i < 40; ++i) {
    std::string texts = "[";
    for (int row = 0; row < 2000; ++row) {
      texts += row > 0 ? ",\"" : "\"";
      for (int word = 0; word < 12; ++word) {
        noise = noise * 1'664'525U + 1'013'904'223U;
        texts += std::to_string(noise);
      }
      texts += "\"";
    }
    batches.push_back(batch_of({{"t", arrow::utf8(), texts + "]"}}));
  }
  const auto input = object("large", batches);
  const auto reader = read({input}, {.memory = 8 << 20, .batch_bytes = 256 << 10});
  std::int64_t rows = 0;
  while (const auto batch = reader->next()) {
    const auto& whole = *batches[static_cast<std::size_t>(rows / 2000)];
    const std::int64_t count = std::min(batch->num_rows(), 2000 - rows % 2000);
    EXPECT_TRUE(batch->Slice(0, count)->column(0)->Equals(whole.Slice(rows % 2000, count)->column(0))) << rows;
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, 80'000);
}

INSTANTIATE_TEST_SUITE_P(Of, FileBatches,
                         testing::Values(Format{".parquet", &parquet_batches, &small_parquet},
                                         Format{".orc", &orc_batches, &orc_writer}),
                         [](const auto& info) { return info.param.suffix.substr(1); });

// What ORC holds and Arrow's nanoseconds do not would be another time.
TEST(OrcBatches, RefuseTimestampsThatNanosecondsDoNotHold) {
  const TempFolder folder;
  const std::string path = folder.path() / "a.orc";
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO);
  for (const std::string value : {"-9223372036000000", "9223372036000000", "0", "null"}) {
    const auto rows = batch_of({{"id", arrow::int8(), "[1]"}, {"at", micros, "[" + value + "]"}});
    const auto writer = orc_writer(rows->schema(), local_sink(path, Existing::replace));
    writer->write(*rows);
    writer->commit();
    const auto wanted = columns_of(*rows->schema());
    const auto reader = select(orc_batches({{.name = path}}), path, wanted);
    EXPECT_TRUE(reader->next()->column(1)->Equals(rows->column(1))) << value;
  }
  // by ORC's own writer, which writes them
  for (const std::string value : {"-62135596800000000", "253402300799999999"}) {
    const auto rows = batch_of({{"id", arrow::int8(), "[1]"}, {"at", micros, "[" + value + "]"}});
    const auto file = arrow::io::FileOutputStream::Open(path).ValueOrDie();
    const auto writer = arrow::adapters::orc::ORCFileWriter::Open(file.get()).ValueOrDie();
    ASSERT_TRUE(writer->Write(*rows).ok() && writer->Close().ok() && file->Close().ok());
    EXPECT_THAT([&] { orc_batches({{.name = path}}); },
                ThrowsMessage<Error>(AllOf(HasSubstr("column at has a timestamp before"), HasSubstr(path))));
    const auto ours = orc_writer(rows->schema(), local_sink(folder.path() / "b.orc", Existing::replace));
    EXPECT_THAT([&] { ours->write(*rows); }, ThrowsMessage<Error>(HasSubstr("b.orc: row 1, column at: ")));
  }
}

}  // namespace
}  // namespace penstock::columnar
