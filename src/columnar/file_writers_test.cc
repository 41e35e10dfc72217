// What is written to a file of each format comes back from it: values, types, NULL and empty text.
#include <arrow/array/concatenate.h>
#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "codec/decompress.h"
#include "columnar/fields.h"
#include "columnar/file_batches.h"
#include "columnar/orc_writer.h"
#include "columnar/parquet_writer.h"
#include "columnar/select.h"
#include "columnar/text_writer.h"
#include "penstock/error.h"
#include "store/byte_sink.h"
#include "store/temp_folder.h"

namespace penstock::columnar {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Column = std::pair<std::shared_ptr<arrow::Field>, std::string>;  // its values as JSON

std::shared_ptr<arrow::RecordBatch> batch_of(const std::vector<Column>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [field, json] : columns) {
    fields.push_back(field);
    const bool is_json = field->type()->id() == arrow::Type::EXTENSION;
    const auto type = is_json ? static_cast<const arrow::ExtensionType&>(*field->type()).storage_type() : field->type();
    auto array = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
    arrays.push_back(is_json ? arrow::ExtensionType::WrapArray(field->type(), array) : array);
  }
  const std::int64_t rows = arrays.front()->length();
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
}

Column column(const std::string& name, const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return {arrow::field(name, type), json};
}

Column column(const std::string& name, const std::string& type, const std::string& json) {
  return {field_of(name, *table::parse_type(type)), json};
}

// Of each type of a table, its edges.
std::shared_ptr<arrow::RecordBatch> nasty(bool with_time = true) {
  std::vector<Column> columns{
      column("flag", "boolean", "[true, false, null]"),
      column("small", "smallint", "[-32768, 32767, null]"),
      column("medium", "integer", "[-2147483648, 2147483647, null]"),
      column("large", "bigint", "[-9223372036854775808, 9223372036854775807, null]"),
      column("exact", "numeric(38,10)", R"(["9999999999999999999999999999.9999999999", "-0.0000000001", null])"),
      column("single", "real", "[1.5, -0.0, null]"),
      column("dou ble", "double precision", "[1.7976931348623157e308, 5e-324, null]"),
      column("text", "varchar(65535)", R"(["a \"quoted\", comma\nline\r\n😀 é \\N", "", null])"),
      column("day", "date", "[-719162, 2932896, null]"),
      column("moment", "timestamp", R"([-1, 1709210096789123, null])"),
      column("instant", "timestamptz", R"([-1, 1709210096789123, null])"),
      column("bytes", "varbyte(20)", R"(["\u0001z", "", null])"),
      column("doc", "super", R"(["{\"a\": [1, 12345678901234567890123]}", "null", null])"),
  };
  if (with_time) columns.push_back(column("clock", "time", "[0, 86399999999, null]"));
  return batch_of(columns);
}

class FileWriters : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] std::unique_ptr<ByteSink> sink(const std::string& name) const {
    return local_sink(path(name), Existing::refuse);
  }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] bool is_empty() const { return std::filesystem::is_empty(folder_.path()); }

  const TempFolder folder_;
};

std::shared_ptr<arrow::RecordBatch> all_of(BatchReader& reader) {
  arrow::RecordBatchVector batches;
  while (const auto batch = reader.next()) batches.push_back(batch);
  if (batches.empty()) return arrow::RecordBatch::MakeEmpty(reader.schema()).ValueOrDie();
  return arrow::ConcatenateRecordBatches(batches).ValueOrDie();
}

TEST_F(FileWriters, ParquetGivesBackWhatItWasGiven) {
  const auto rows = nasty();
  const auto writer = parquet_writer(rows->schema(), sink("a.parquet"));
  writer->write(*rows);
  writer->commit();
  const auto reader = parquet_batches({{.name = path("a.parquet")}});
  EXPECT_TRUE(reader->schema()->Equals(*rows->schema())) << reader->schema()->ToString();
  for (int i = 0; i < rows->num_columns(); ++i) {
    EXPECT_EQ(table_type_of(*reader->schema()->field(i)), table_type_of(*rows->schema()->field(i)));
  }
  const auto back = all_of(*reader);
  EXPECT_TRUE(back->Equals(*rows)) << back->ToString();
}

TEST_F(FileWriters, OrcGivesBackWhatItWasGiven) {
  const auto rows = nasty(/*with_time=*/false);
  const auto writer = orc_writer(rows->schema(), sink("a.orc"));
  writer->write(*rows);
  writer->commit();
  auto reader = orc_batches({{.name = path("a.orc")}});
  const auto wanted = columns_of(*rows->schema());
  const auto back = all_of(*select(std::move(reader), "a.orc", wanted));
  for (int i = 0; i < rows->num_columns(); ++i) {
    EXPECT_TRUE(back->column(i)->Equals(rows->column(i))) << back->column_name(i) << back->column(i)->ToString();
  }
}

TEST_F(FileWriters, OfOneColumnsBatchesKeepTheirOrder) {
  const auto lines = json_writer(arrow::schema({arrow::field("n", arrow::int64())}), sink("a.jsonl"), {.workers = 3});
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    lines->write(*batch_of({column("n", arrow::int64(), "[" + std::to_string(i) + ", null]")}));
    expected += "{\"n\":" + std::to_string(i) + "}\n{\"n\":null}\n";
  }
  lines->commit();
  EXPECT_EQ(text_of("a.jsonl"), expected);
}

TEST_F(FileWriters, CsvHasQuotesWhereTheyAreNeeded) {
  const auto rows =
      batch_of({column("a,b", arrow::utf8(), R"(["x", "", null, "say \"hi\"", "two\nlines", " padded", "\\.", "é"])"),
                column("n", arrow::float64(), "[1, -0.0, null, 1e300, 0.1, 2, 3, 4]")});
  const auto writer = csv_writer(rows->schema(), sink("a.csv"));
  writer->write(*rows);
  writer->commit();
  EXPECT_EQ(
      text_of("a.csv"),
      "\"a,b\",n\nx,1\n\"\",-0\n,\n\"say \"\"hi\"\"\",1e+300\n\"two\nlines\",0.1\n\" padded\",2\n\"\\.\",3\né,4\n");
}

TEST_F(FileWriters, CsvHasTheDelimiterThatIsAsked) {
  const auto rows =
      batch_of({column("a", arrow::utf8(), R"(["x,y", "tab\there"])"), column("b", arrow::int8(), "[1, 2]")});
  const auto writer = csv_writer(rows->schema(), sink("a.tsv"), {.delimiter = '\t'});
  writer->write(*rows);
  writer->commit();
  EXPECT_EQ(text_of("a.tsv"), "a\tb\nx,y\t1\n\"tab\there\"\t2\n");
}

TEST_F(FileWriters, CsvQuotesNumbersAndTimesThatHoldTheDelimiter) {
  const auto rows = batch_of({column("a", arrow::timestamp(arrow::TimeUnit::SECOND), R"(["2024-02-29 12:34:56"])"),
                              column("b", arrow::int8(), "[-1]")});
  const auto written = [&](const std::string& name, char delimiter) {
    const auto writer = csv_writer(rows->schema(), sink(name), {.delimiter = delimiter});
    writer->write(*rows);
    writer->commit();
    return text_of(name);
  };
  EXPECT_EQ(written("colons.csv", ':'), "a:b\n\"2024-02-29 12:34:56\":-1\n");
  EXPECT_EQ(written("dashes.csv", '-'), "a-b\n\"2024-02-29 12:34:56\"-\"-1\"\n");
}

TEST_F(FileWriters, TextIsExactForEveryType) {
  const auto rows = nasty();
  for (const std::string name : {"a.csv", "a.jsonl"}) {
    const auto writer =
        name == "a.csv" ? csv_writer(rows->schema(), sink(name)) : json_writer(rows->schema(), sink(name));
    writer->write(*rows);
    writer->commit();
  }
  EXPECT_EQ(text_of("a.csv"),
            "flag,small,medium,large,exact,single,dou ble,text,day,moment,instant,bytes,doc,clock\n"
            "true,-32768,-2147483648,-9223372036854775808,9999999999999999999999999999.9999999999,1.5,"
            "1.7976931348623157e+308,\"a \"\"quoted\"\", comma\nline\r\n😀 é \\N\",0001-01-01,"
            "1969-12-31 23:59:59.999999,1969-12-31 23:59:59.999999+00,017a,"
            "\"{\"\"a\"\": [1, 12345678901234567890123]}\",00:00:00\n"
            "false,32767,2147483647,9223372036854775807,-0.0000000001,-0,5e-324,\"\",9999-12-31,"
            "2024-02-29 12:34:56.789123,2024-02-29 12:34:56.789123+00,\"\",null,23:59:59.999999\n"
            ",,,,,,,,,,,,,\n");
  EXPECT_EQ(
      text_of("a.jsonl"),
      R"({"flag":true,"small":-32768,"medium":-2147483648,"large":-9223372036854775808,)"
      R"("exact":9999999999999999999999999999.9999999999,"single":1.5,"dou ble":1.7976931348623157e+308,)"
      R"("text":"a \"quoted\", comma\nline\r\n😀 é \\N","day":"0001-01-01","moment":"1969-12-31 23:59:59.999999",)"
      R"("instant":"1969-12-31 23:59:59.999999+00","bytes":"017a","doc":{"a": [1, 12345678901234567890123]},)"
      R"("clock":"00:00:00"})"
      "\n"
      R"({"flag":false,"small":32767,"medium":2147483647,"large":9223372036854775807,"exact":-0.0000000001,)"
      R"("single":-0,"dou ble":5e-324,"text":"","day":"9999-12-31","moment":"2024-02-29 12:34:56.789123",)"
      R"("instant":"2024-02-29 12:34:56.789123+00","bytes":"","doc":null,"clock":"23:59:59.999999"})"
      "\n"
      R"({"flag":null,"small":null,"medium":null,"large":null,"exact":null,"single":null,"dou ble":null,)"
      R"("text":null,"day":null,"moment":null,"instant":null,"bytes":null,"doc":null,"clock":null})"
      "\n");
}

class Reader final : public ObjectReader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min(buffer.size(), bytes_.size() - at_);
    std::memcpy(buffer.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::string bytes_;
  std::size_t at_ = 0;
};

std::string unpacked(std::string bytes, Codec codec) {
  const auto reader = decompressed(std::make_unique<Reader>(std::move(bytes)), codec, "it");
  std::string text;
  std::vector<std::byte> buffer(1 << 16);
  while (const std::size_t count = reader->read(buffer))
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  return text;
}

TEST_F(FileWriters, TextIsCompressedInItsOrder) {
  const struct {
    Compression compression;
    Codec codec;
  } cases[] = {{Compression::gzip, Codec::gzip}, {Compression::zstd, Codec::zstd}, {Compression::bzip2, Codec::bzip2}};
  std::string long_text(3 << 20, 'x');
  const auto rows = batch_of({column("a", arrow::utf8(), "[\"" + long_text + "\", \"y\", \"" + long_text + "\"]"),
                              column("b", arrow::int8(), "[1, 2, 3]")});
  for (const auto& [compression, codec] : cases) {
    const std::string name = "a" + std::to_string(static_cast<int>(compression)), none = name + "-none";
    const auto writer = csv_writer(rows->schema(), sink(name), {.compression = compression, .workers = 2});
    writer->write(*rows);
    writer->write(*rows);
    writer->commit();
    const std::string once = long_text + ",1\ny,2\n" + long_text + ",3\n";
    EXPECT_EQ(unpacked(text_of(name), codec), "a,b\n" + once + once);
    json_writer(rows->schema(), sink(none), {.compression = compression})->commit();
    EXPECT_FALSE(text_of(none).empty()) << "no bytes are no file of the codec";
    EXPECT_EQ(unpacked(text_of(none), codec), "");
  }
}

TEST_F(FileWriters, WithoutARowHaveTheirColumns) {
  const auto schema = nasty()->schema();
  parquet_writer(schema, sink("a.parquet"))->commit();
  EXPECT_EQ(columns_of(*parquet_batches({{.name = path("a.parquet")}})), columns_of(*schema));
  csv_writer(arrow::schema({schema->field(0), schema->field(6)}), sink("a.csv"))->commit();
  EXPECT_EQ(text_of("a.csv"), "flag,dou ble\n");
  orc_writer(arrow::schema({schema->field(0), schema->field(7)}), sink("a.orc"))->commit();
  const auto orc = orc_batches({{.name = path("a.orc")}});
  EXPECT_EQ(orc->schema()->field_names(), (std::vector<std::string>{"flag", "text"}));
  EXPECT_EQ(orc->next(), nullptr);
}

TEST_F(FileWriters, SayTheRowOfAValueThatTheFormatHasNot) {
  const auto numbers = batch_of({column("a", arrow::int8(), "[1, 2]"), column("x", arrow::float64(), "[1.5, NaN]")});
  const auto json = json_writer(numbers->schema(), sink("a.jsonl"));
  json->write(*numbers->Slice(0, 1));
  const auto more = [&] {
    json->write(*numbers);
    json->commit();
  };
  EXPECT_THAT(more, ThrowsMessage<Error>(AllOf(HasSubstr("a.jsonl: row 3, column x: NaN is no JSON"))));
  const auto one = batch_of({column("a", arrow::int8(), "[1, null]")});
  const auto csv = csv_writer(one->schema(), sink("a.csv"));
  const auto only = [&] {
    csv->write(*one);
    csv->commit();
  };
  EXPECT_THAT(only, ThrowsMessage<Error>(HasSubstr("a.csv: row 2, column a: NULL in CSV's only column")));
  const auto document = batch_of({column("d", "super", R"(["{}", "{"])")});
  const auto broken = json_writer(document->schema(), sink("b.jsonl"));
  const auto write = [&] {
    broken->write(*document);
    broken->commit();
  };
  EXPECT_THAT(write, ThrowsMessage<Error>(HasSubstr("row 2, column d: the text is no JSON")));
}

TEST_F(FileWriters, RefuseTypesThatTheFormatHasNotAllAtOnce) {
  const auto schema =
      arrow::schema({arrow::field("took", arrow::duration(arrow::TimeUnit::NANO)), arrow::field("ok", arrow::int8()),
                     arrow::field("span", arrow::month_day_nano_interval())});
  const auto both = AllOf(HasSubstr("column took"), HasSubstr("column span"));
  EXPECT_THAT([&] { csv_writer(schema, sink("a")); }, ThrowsMessage<Error>(both));
  EXPECT_THAT([&] { json_writer(schema, sink("a")); }, ThrowsMessage<Error>(both));
  EXPECT_THAT([&] { parquet_writer(schema, sink("a")); }, ThrowsMessage<Error>(both));
  EXPECT_THAT([&] { orc_writer(schema, sink("a")); }, ThrowsMessage<Error>(both));
  const auto times = arrow::schema({arrow::field("at", arrow::time64(arrow::TimeUnit::MICRO))});
  EXPECT_THAT([&] { orc_writer(times, sink("a")); },
              ThrowsMessage<Error>(HasSubstr("column at: ORC can't hold time64[us]; write Parquet")));
  EXPECT_TRUE(is_empty());
}

TEST_F(FileWriters, OrcTakesWhatItHasNoTypeForAsAWiderOne) {
  const auto rows =
      batch_of({column("a", arrow::uint8(), "[255]"), column("b", arrow::uint64(), "[18446744073709551615]"),
                column("c", arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["x"])"),
                column("d", arrow::list(arrow::uint16()), "[[65535, null]]"), column("e", arrow::null(), "[null]")});
  const auto writer = orc_writer(rows->schema(), sink("a.orc"));
  writer->write(*rows);
  writer->commit();
  const auto back = all_of(*orc_batches({{.name = path("a.orc")}}));
  EXPECT_EQ(back->column(0)->ToString(), "[\n  255\n]");
  EXPECT_EQ(back->column(1)->ToString(), "[\n  18446744073709551615\n]");
  EXPECT_EQ(back->column(2)->ToString(), "[\n  \"x\"\n]");
  EXPECT_THAT(back->column(3)->ToString(), HasSubstr("65535,"));
  EXPECT_TRUE(back->column(4)->IsNull(0));
}

TEST_F(FileWriters, OfASinkThatFailsLeaveNothing) {
  const auto rows = nasty(/*with_time=*/false);
  const auto schema = rows->schema();
  const auto fails = [&](const std::function<std::unique_ptr<BatchWriter>(std::unique_ptr<ByteSink>)>& make) {
    try {
      const auto writer = make(local_sink("/dev/full", Existing::refuse));
      writer->write(*rows);
      writer->commit();
      ADD_FAILURE() << "it was taken";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::unavailable);
      EXPECT_THAT(e.what(), HasSubstr("writing to /dev/full: No space left on device"));
    }
    make(sink("a"))->write(*rows);  // and no commit
    EXPECT_TRUE(is_empty());
  };
  fails([&](auto sink) { return csv_writer(schema, std::move(sink)); });
  fails([&](auto sink) { return json_writer(schema, std::move(sink), {.compression = Compression::gzip}); });
  fails([&](auto sink) { return parquet_writer(schema, std::move(sink)); });
  fails([&](auto sink) { return orc_writer(schema, std::move(sink)); });
}

TEST_F(FileWriters, ParquetBeginsARowGroupWhenTheLastIsLargeEnough) {
  const auto schema = arrow::schema({arrow::field("t", arrow::utf8())});
  const auto writer = parquet_writer(schema, sink("a.parquet"), {.row_group_bytes = 1 << 20});
  std::uint32_t noise = 1;
  for (int batch = 0; batch < 16; ++batch) {
    std::string texts = "[";
    for (int row = 0; row < 10'000; ++row) {
      noise = noise * 1'664'525U + 1'013'904'223U;
      texts += (row > 0 ? ",\"" : "\"") + std::to_string(noise) + std::to_string(noise ^ 0x5A5A5A5AU) + "\"";
    }
    writer->write(*batch_of({column("t", arrow::utf8(), texts + "]")}));
  }
  writer->commit();
  const auto file = parquet::ParquetFileReader::OpenFile(path("a.parquet"));
  EXPECT_EQ(file->metadata()->num_rows(), 160'000);
  EXPECT_GT(file->metadata()->num_row_groups(), 1);
}

}  // namespace
}  // namespace penstock::columnar
