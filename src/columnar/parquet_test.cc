#include "columnar/parquet.h"

#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

struct Column {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};

std::string parquet_bytes(const std::vector<Column>& columns, std::int64_t group_rows = 2) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const Column& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(arrow::json::ArrayFromJSONString(column.type, column.json).ValueOrDie());
  }
  const auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, group_rows,
                                         parquet::default_writer_properties(),
                                         parquet::ArrowWriterProperties::Builder().store_schema()->build())
                  .ok());
  return out->Finish().ValueOrDie()->ToString();
}

class ParquetTest : public testing::Test {
 protected:
  ParquetTest() { std::filesystem::create_directory(folder_); }
  ~ParquetTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& bytes) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  static std::string text(const std::string& path, const std::vector<Wanted>& wanted,
                          std::size_t memory = std::size_t{64} << 20) {
    const ParquetFile files[] = {look_at_parquet(path)};
    return text(files, wanted, memory);
  }
  static std::string text(std::span<const ParquetFile> files, const std::vector<Wanted>& wanted,
                          std::size_t memory = std::size_t{64} << 20) {
    std::string text;
    staging::Buffer out;
    for (const staging::Input& input : parquet_inputs(files, wanted, memory)) {
      const auto batches = input.open_batches({.fields = wanted.size()}, 1 << 20);
      while (const auto batch = batches->next()) {
        while (batch->append(1, 1 << 20, out) > 0) {
          text += out.view();
          out.clear();
        }
      }
    }
    return text;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("penstock_parquet_" + std::to_string(::getpid()));
};

TEST_F(ParquetTest, IsLookedAtByItsFooter) {
  const auto path = file("a.parquet", parquet_bytes({{"id", arrow::int32(), "[1, 2, 3]"},
                                                     {"tags", arrow::list(arrow::utf8()), "[[], null, [\"a\"]]"},
                                                     {"took", arrow::duration(arrow::TimeUnit::SECOND), "[1, 2, 3]"}}));
  const ParquetFile found = look_at_parquet(path);
  EXPECT_EQ(found.records, 3U);
  ASSERT_EQ(found.columns.size(), 3U);
  EXPECT_EQ(found.columns[0].name, "id");
  EXPECT_EQ(to_string(*found.columns[0].table_type), "integer");
  EXPECT_EQ(to_string(*found.columns[1].table_type), "super");
  EXPECT_EQ(found.columns[2].type, "duration[s]");
  EXPECT_EQ(found.columns[2].table_type, std::nullopt);
}

TEST_F(ParquetTest, GivesTheWantedColumnsOfAllRowGroups) {
  const auto path =
      file("a.parquet",
           parquet_bytes({{"a", arrow::int32(), "[1, null, 3]"},
                          {"s", arrow::struct_({arrow::field("x", arrow::int8()), arrow::field("y", arrow::int8())}),
                           R"([{"x": 1, "y": 2}, null, {"x": 3, "y": null}])"},
                          {"b", arrow::utf8(), R"(["x", "", null])"}}));
  EXPECT_EQ(text(path, {{"b"}, {"a"}}), "\"x\",1\n\"\",\x1A\n\x1A,3\n");
  EXPECT_EQ(text(path, {{"s"}}), "\"{\"\"x\"\":1,\"\"y\"\":2}\"\n\x1A\n\"{\"\"x\"\":3,\"\"y\"\":null}\"\n");
}

TEST_F(ParquetTest, KeepsTypesThatOnlyArrowHas) {
  const auto path = file(
      "a.parquet", parquet_bytes({{"c", arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["r", "g", null])"},
                                  {"t", arrow::timestamp(arrow::TimeUnit::SECOND, "Europe/Berlin"), "[0, 1, null]"},
                                  {"n", arrow::null(), "[null, null, null]"},
                                  {"h", arrow::float16(), "[0.5, 1, null]"}}));
  EXPECT_EQ(text(path, {{"c"}, {"t"}, {"n"}, {"h"}}),
            "\"r\",1970-01-01 00:00:00+00,\x1A,0.5\n\"g\",1970-01-01 00:00:01+00,\x1A,1\n\x1A,\x1A,\x1A,\x1A\n");
}

TEST_F(ParquetTest, WithoutRowsGivesNone) {
  EXPECT_EQ(text(file("a.parquet", parquet_bytes({{"a", arrow::int32(), "[]"}})), {{"a"}}), "");
}

TEST_F(ParquetTest, ReadsManyRowsInBatchesOfAboutTheBytesThatAreAsked) {
  std::string json = "[\"" + std::string(1000, 'x') + "\"";
  std::string expected = "\"" + std::string(1000, 'x') + "\"\n";
  for (int i = 1; i < 20'000; ++i) json += ",\"" + std::to_string(i) + "\"";
  for (int i = 1; i < 20'000; ++i) expected += "\"" + std::to_string(i) + "\"\n";
  const auto path = file("a.parquet", parquet_bytes({{"a", arrow::utf8(), json + "]"}}, 7000));
  const ParquetFile files[] = {look_at_parquet(path)};
  const auto inputs = parquet_inputs(files, {{"a"}}, 64 << 20);
  const auto batches = inputs.front().open_batches({}, 16 << 10);
  std::string text;
  std::vector<std::uint64_t> counts;
  staging::Buffer out;
  while (const auto batch = batches->next()) {
    counts.push_back(batch->records());
    while (batch->append(1, 1 << 20, out) > 0) {
      text += out.view();
      out.clear();
    }
  }
  EXPECT_EQ(text, expected);
  EXPECT_GT(counts.size(), 5U);
  EXPECT_GT(batches->bytes_read(), 0U);
}

// So many texts of one byte, and as many of so many bytes.
std::string texts_json(int rows, std::size_t bytes) {
  std::string json = "[\"x\"";
  for (int i = 1; i < 2 * rows; ++i) json += ",\"" + std::string(i < rows ? 1 : bytes, 'x') + "\"";
  return json + "]";
}

TEST_F(ParquetTest, ReadsFewerRowsAtOnceWhereTheyAreLarger) {
  const auto path = file("a.parquet", parquet_bytes({{"a", arrow::utf8(), texts_json(300, 50'000)}}, 10'000));
  EXPECT_LT(std::filesystem::file_size(path), 1U << 20) << "a dictionary of two values";
  const std::string all = text(path, {{"a"}}, 6 << 20);
  EXPECT_EQ(all.size(), 300 * 4 + 300 * 50'003);
  EXPECT_EQ(all.substr(0, 12), "\"x\"\n\"x\"\n\"x\"\n");
}

TEST_F(ParquetTest, IsRefusedWhereOneRowIsMoreThanTheMemory) {
  const auto path = file("a.parquet", parquet_bytes({{"a", arrow::utf8(), texts_json(1, 5'000'000)}}));
  EXPECT_THAT([&] { text(path, {{"a"}}, 4 << 20); },
              ThrowsMessage<Error>(HasSubstr("takes more memory than it may: --memory allows more")));
}

TEST_F(ParquetTest, NamesEveryColumnThatDoesNotFit) {
  const auto found = look_at_parquet(
      file("a.parquet", parquet_bytes({{"a", arrow::list(arrow::int32()), "[[1]]"}, {"b", arrow::date32(), "[0]"}})));
  const std::vector<Wanted> wanted{{"a", table::parse_type("int")}, {"b", table::parse_type("int")}, {"c", {}}};
  EXPECT_THAT(misfits(found, wanted),
              ElementsAre(HasSubstr("column a: list"), HasSubstr("column b: date32"), HasSubstr("has no column c")));
  EXPECT_THAT(misfits(found, std::vector<Wanted>{{"a"}, {"b"}}), IsEmpty());
}

TEST_F(ParquetTest, SaysTheColumnsOfATableThatTakesAllFiles) {
  const ParquetFile files[] = {
      look_at_parquet(file("a.parquet", parquet_bytes({{"a", arrow::int8(), "[1]"},
                                                       {"s", arrow::utf8(), R"(["é"])"},
                                                       {"n", arrow::null(), "[null]"},
                                                       {"d", arrow::date32(), "[0]"}}))),
      look_at_parquet(file("b.parquet", parquet_bytes({{"s", arrow::utf8(), R"([null, "abc", "", "x"])"},
                                                       {"n", arrow::float64(), "[1, 2, 3, 4]"},
                                                       {"d", arrow::date32(), "[0, 1, 2, 3]"},
                                                       {"a", arrow::int64(), "[1, 2, 3, 4]"}})))};
  const auto columns = table_columns(files, {"s", "a", "n", "d"}, 64 << 20, {});
  std::vector<std::string> types;
  for (const TableColumn& column : columns) types.push_back(to_string(column.type));
  EXPECT_THAT(types, ElementsAre("character varying(65535)", "bigint", "double precision", "date"));
  EXPECT_EQ(columns[0].longest, 3U);
  EXPECT_EQ(columns[1].longest, std::nullopt);
}

TEST_F(ParquetTest, NamesAllThatNoTableTakes) {
  const ParquetFile files[] = {
      look_at_parquet(file("a.parquet", parquet_bytes({{"a", arrow::int8(), "[1]"},
                                                       {"t", arrow::duration(arrow::TimeUnit::SECOND), "[1]"}}))),
      look_at_parquet(file("b.parquet", parquet_bytes({{"a", arrow::date32(), "[1]"},
                                                       {"t", arrow::duration(arrow::TimeUnit::SECOND), "[1]"}})))};
  EXPECT_THAT(
      [&] { table_columns(files, {"a", "t"}, 64 << 20, {}); },
      ThrowsMessage<Error>(AllOf(HasSubstr("column a is smallint in"), HasSubstr("no type of a table takes both"),
                                 HasSubstr("column t: nothing in Redshift holds duration[s]"))));
}

TEST_F(ParquetTest, RefusesWhatIsNoParquetFile) {
  const std::string whole = parquet_bytes({{"a", arrow::int32(), "[1]"}});
  for (const std::string& bytes :
       {std::string(), std::string("PAR1"), std::string("id,a\n1,2\n"), whole.substr(0, whole.size() - 1),
        whole.substr(1), whole.substr(0, whole.size() - 8) + std::string("\xff\xff\xff\x7fPAR1")}) {
    EXPECT_THAT([&] { look_at_parquet(file("broken.parquet", bytes)); },
                ThrowsMessage<Error>(AllOf(HasSubstr("broken.parquet is no Parquet file that can be read"))));
  }
  EXPECT_THAT([&] { look_at_parquet(folder_ / "none.parquet"); }, ThrowsMessage<Error>(HasSubstr("No such file")));
  EXPECT_THAT([&] { look_at_parquet(folder_); }, ThrowsMessage<Error>(HasSubstr("no regular file")));
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT([&] { look_at_parquet(pipe); }, ThrowsMessage<Error>(HasSubstr("no regular file")));
}

TEST_F(ParquetTest, OfAnyBrokenByteGivesRowsOrIsRefused) {
  const std::string whole = parquet_bytes({{"a", arrow::int64(), "[1, null, 3, 4]"},
                                           {"s", arrow::utf8(), R"(["x", "y", null, "x"])"},
                                           {"l", arrow::list(arrow::int32()), "[[1, 2], [], null, [3]]"}});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ (at % 2 == 0 ? 0x80 : 0x01));
    const auto path = file("broken.parquet", broken);
    try {
      text(path, {{"a"}, {"s"}, {"l"}});
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused) << e.what();
    }
  }
}

TEST_F(ParquetTest, IsLookedAtAgainWhenItIsRead) {
  const auto path = file("a.parquet", parquet_bytes({{"a", arrow::int32(), "[1]"}}));
  const ParquetFile files[] = {look_at_parquet(path)};
  file("a.parquet", parquet_bytes({{"b", arrow::int32(), "[1]"}}));
  EXPECT_THAT([&] { text(files, {{"a"}}); }, ThrowsMessage<Error>(HasSubstr("has no column a")));
}

}  // namespace
}  // namespace penstock::columnar
