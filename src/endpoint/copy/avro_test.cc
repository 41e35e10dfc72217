// COPY of Avro files, written here by the letter of Avro's specification.
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <limits>

#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/testing/copy_trial.h"
#include "endpoint/copy/testing/loading.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string number(std::int64_t value) {
  auto zigzag = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  std::string out;
  for (; zigzag >= 0x80; zigzag >>= 7) out += static_cast<char>(0x80 | (zigzag & 0x7f));
  return out + static_cast<char>(zigzag);
}

std::string text(std::string_view bytes) {
  return number(static_cast<std::int64_t>(bytes.size())) + std::string(bytes);
}

std::string deflated(std::string bytes) {
  isal_zstream stream{};
  isal_deflate_init(&stream);
  std::string out(bytes.size() + 1024, '\0');
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<std::uint8_t*>(bytes.data());
  stream.avail_in = static_cast<std::uint32_t>(bytes.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  EXPECT_EQ(isal_deflate_stateless(&stream), COMP_OK);
  return out.substr(0, stream.total_out);
}

std::string snapped(const std::string& bytes) {
  const auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto size = static_cast<std::int64_t>(bytes.size());
  std::string out(static_cast<std::size_t>(codec->MaxCompressedLen(size, in)), '\0');
  const auto packed =
      codec->Compress(size, in, static_cast<std::int64_t>(out.size()), reinterpret_cast<std::uint8_t*>(out.data()));
  out.resize(static_cast<std::size_t>(packed.ValueOrDie()));
  const std::uint32_t crc = crc32_gzip_refl(0, in, bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(crc >> shift);
  return out;
}

constexpr std::string_view kSync = "0123456789abcdef";

std::string header(std::string_view schema, std::string_view codec = "null") {
  return std::string("Obj\1", 4) + number(2) + text("avro.schema") + text(schema) + text("avro.codec") + text(codec) +
         number(0) + std::string(kSync);
}

std::string block(const std::vector<std::string>& records, std::string_view codec = "null") {
  std::string bytes;
  for (const std::string& record : records) bytes += record;
  if (codec == "deflate") bytes = deflated(bytes);
  if (codec == "snappy") bytes = snapped(bytes);
  return number(static_cast<std::int64_t>(records.size())) + text(bytes) + std::string(kSync);
}

constexpr std::string_view kPair =
    R"({"type": "record", "name": "pair", "fields": [{"name": "id", "type": "int"}, {"name": "s", "type": "string"}]})";

class AvroCopy : public ::testing::Test, protected testing::CopyTrial {
 protected:
  AvroCopy() : CopyTrial("format avro 'auto'") {}
  // The one error of a COPY that fails.
  std::string refusal(std::string_view table = "id int4, s varchar(20)") {
    const CopyReport report = run(table);
    EXPECT_TRUE(report.failed);
    return report.errors.size() == 1 ? testing::describe(report.errors[0]) : "not one error";
  }
};

TEST_F(AvroCopy, LoadsFieldsByName) {
  put("k",
      header(kPair) + block({number(1) + text("a"), number(-300) + text("é\n\"")}) + block({number(3) + text("")}));
  run("s varchar(20), id int4, other int4");
  EXPECT_THAT(sink_->rows, ElementsAre("a|1|NULL", "é<0A>\"|-300|NULL", "|3|NULL"));
  run("S varchar(20)", "format avro 'auto ignorecase'");
  EXPECT_THAT(sink_->rows, SizeIs(3));
}

TEST_F(AvroCopy, ReadsEveryCodec) {
  for (const std::string codec : {"null", "deflate", "snappy"}) {
    std::vector<std::string> records;
    for (int i = 0; i < 3000; ++i) records.push_back(number(i) + text("row"));
    put("k", header(kPair, codec) + block(records, codec) + block({number(7) + text("x")}, codec));
    EXPECT_EQ(run("id int4, s varchar(20)").loaded_rows, 3001u) << codec;
    EXPECT_EQ(sink_->rows.back(), "7|x");
  }
}

TEST_F(AvroCopy, WritesEveryTypeAsText) {
  put("k", header(R"({"type": "record", "name": "all", "namespace": "x.y", "fields": [
      {"name": "b", "type": "boolean"}, {"name": "l", "type": "long"}, {"name": "f", "type": "float"},
      {"name": "d", "type": "double"}, {"name": "n", "type": ["null", "string"]}, {"name": "m", "type": ["null", "string"]},
      {"name": "e", "type": {"type": "enum", "name": "colour", "symbols": ["red", "green"]}},
      {"name": "x", "type": {"type": "fixed", "name": "two", "size": 2}}, {"name": "y", "type": "bytes"},
      {"name": "a", "type": {"type": "array", "items": "int"}},
      {"name": "o", "type": {"type": "map", "values": ["null", "x.y.colour"]}},
      {"name": "r", "type": {"type": "record", "name": "inner", "fields": [{"name": "c", "type": "colour"}]}}]})") +
               block({std::string("\1", 1) + number(std::numeric_limits<std::int64_t>::min()) +
                      std::string("\0\0\xc0\x3f", 4) + std::string("\0\0\0\0\0\0\xd0\xbf", 8) + number(0) + number(1) +
                      text("t") + number(1) + "a\xff" + text("z") + number(2) + number(1) + number(-1) + number(-1) +
                      number(1) + number(5) + number(0) + number(1) + text("k") + number(1) + number(0) + number(0) +
                      number(1)}));
  run("b bool, l int8, f float4, d float8, n varchar(5), m varchar(5), e varchar(10), x varchar(5), y varchar(5), "
      "a varchar(20), o varchar(20), r varchar(20)");
  EXPECT_THAT(sink_->rows, ElementsAre("t|-9223372036854775808|1.5|-0.25|NULL|t|green|aÿ|z|[1,-1,5]|{\"k\":\"red\"}|"
                                       "{\"c\":\"green\"}"));
}

TEST_F(AvroCopy, TakesPathsLikeJson) {
  put("k", header(R"({"type": "record", "name": "tree", "fields": [{"name": "v", "type": "int"},
                      {"name": "next", "type": ["null", "tree"]}]})") +
               block({number(1) + number(1) + number(2) + number(0), number(3) + number(1) + number(4) + number(0)}));
  put("paths", R"({"jsonpaths": ["$.next.v", "$"]})");
  run("a int4, whole varchar(50)", "format as avro as 's3://bucket/paths'");
  EXPECT_THAT(sink_->rows,
              ElementsAre(R"(2|{"v":1,"next":{"v":2,"next":null}})", R"(4|{"v":3,"next":{"v":4,"next":null}})"));
}

TEST_F(AvroCopy, ARecordThatDoesNotFitTheTableIsItsOwnError) {
  put("k", header(kPair) + block({number(1) + text("a"), number(2) + text("too long"), number(3) + text("c")}));
  const CopyReport report = run("id int4, s varchar(3)", "format avro 'auto' maxerror 2");
  EXPECT_THAT(sink_->rows, ElementsAre("1|a", "3|c"));
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_EQ(report.errors[0].line, 2);
  EXPECT_EQ(report.errors[0].column, "s");
  EXPECT_EQ(report.errors[0].reason, "String length exceeds DDL length");
}

TEST_F(AvroCopy, TruncatedFilesAreLoadErrors) {
  const std::string file = header(kPair) + block({number(1) + text("a")}) + block({number(2) + text("b")});
  put("k", header(kPair));
  EXPECT_THAT(refusal(), HasSubstr("1216 Invalid AVRO file found. Unexpected end of AVRO file.")) << "a schema only";
  put("k", std::string_view(file).substr(0, file.size() - 1));
  EXPECT_THAT(refusal(), HasSubstr("Unexpected end of AVRO file."));
  const CopyReport report = run("id int4, s varchar(20)", "format avro 'auto' maxerror 5");
  EXPECT_THAT(sink_->rows, ElementsAre("1|a")) << "what came before it is loaded";
  EXPECT_THAT(report.errors, SizeIs(1));
  put("k", "");
  EXPECT_EQ(run("id int4, s varchar(20)").loaded_rows, 0u);
}

TEST_F(AvroCopy, BrokenFilesAreLoadErrors) {
  const std::string record = number(1) + text("a");
  put("k", "1,a\n2,b\n");
  EXPECT_THAT(refusal(), HasSubstr("1216 Invalid AVRO file found. Bad file type."));
  put("k", header(kPair, "zstandard") + block({record}));
  EXPECT_THAT(refusal(), HasSubstr("Unsupported codec: zstandard"));
  put("k", header("{\"type\": \"no such\"}") + block({record}));
  EXPECT_THAT(refusal(), HasSubstr("Invalid schema."));
  put("k", header("\"string\"") + block({text("a")}));
  EXPECT_THAT(refusal(), HasSubstr("The type of the schema must be record."));
  put("k", header(kPair) + number(2) + text(record) + std::string(kSync));
  EXPECT_THAT(refusal(), HasSubstr("A record does not fit the schema."));
  put("k", header(kPair) + number(1) + text(record + "x") + std::string(kSync));
  EXPECT_THAT(refusal(), HasSubstr("A block is longer than its records."));
  put("k", header(kPair) + number(1) + text(record) + "fedcba9876543210");
  EXPECT_THAT(refusal(), HasSubstr("The sync marker of a block is wrong."));
  put("k", header(kPair, "deflate") + block({record}));
  EXPECT_THAT(refusal(), HasSubstr("A block is no valid deflate data."));
  put("k", header(kPair, "snappy") + block({record}));
  EXPECT_THAT(refusal(), HasSubstr("A block is no valid snappy data."));
  put("k", header(R"({"type": "record", "name": "r", "fields": []})") + number(std::int64_t{1} << 60) + text("") +
               std::string(kSync));
  EXPECT_THAT(refusal(), HasSubstr("A block has an impossible number of records."));
}

// fastavro 1.13 wrote these blocks; the header is the same but for its codec.
TEST_F(AvroCopy, ReadsWhatOthersWrite) {
  constexpr std::string_view kPerson = R"({"type": "record", "name": "person", "namespace": "a.b", "fields": [
      {"name": "id", "type": "long"}, {"name": "name", "type": ["null", "string"]},
      {"name": "kind", "type": {"type": "enum", "name": "k", "symbols": ["one", "two"]}},
      {"name": "tags", "type": {"type": "map", "values": {"type": "array", "items": "int"}}},
      {"name": "raw", "type": "bytes"}, {"name": "score", "type": "double"},
      {"name": "friend", "type": ["null", "a.b.person"]}]})";
  const std::pair<std::string, std::string> blocks[] = {
      {"null",
       "0478020204c3a90204026104020300026200000401ff000000000000f83f00d70400000000000000000000d0bf020402027800000000000"
       "00"
       "0000000000030313233343536373839616263646566"},
      {"deflate",
       "045863626239bc9289852991858999812989818185f13f0318fcb067b8cec2000717f603553155302001000c74073031323334353637383"
       "96"
       "16263646566"},
      {"snappy",
       "04763c50020204c3a90204026104020300026200000401ff00050110f83f00d704050a050148d0bf0204020278000000000000000000000"
       "0"
       "009db6d50930313233343536373839616263646566"},
  };
  for (const auto& [codec, hex] : blocks) {
    std::string block;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      block += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    put("k", header(kPerson, codec) + block);
    run("id int4, name varchar(9), kind varchar(9), tags varchar(30), raw varchar(9), score float8, friend "
        "varchar(99)");
    EXPECT_THAT(sink_->rows,
                ElementsAre("1|é|two|{\"a\":[1,-2],\"b\":[]}|<01>ÿ|1.5|NULL",
                            "-300|NULL|one|{}||-0.25|{\"id\":2,\"name\":\"x\",\"kind\":\"one\",\"tags\":{},"
                            "\"raw\":\"\",\"score\":0,\"friend\":null}"))
        << codec;
    run("name super, tags super, friend super");
    EXPECT_THAT(sink_->rows, ElementsAre("\"é\"|{\"a\":[1,-2],\"b\":[]}|NULL",
                                         "NULL|{}|{\"id\":2,\"name\":\"x\",\"kind\":\"one\",\"tags\":{},"
                                         "\"raw\":\"\",\"score\":0,\"friend\":null}"))
        << codec;
  }
}

TEST_F(AvroCopy, SurvivesEveryFlippedByte) {
  for (const std::string codec : {"null", "deflate", "snappy"}) {
    const std::string file = header(kPair, codec) + block({number(1) + text("abc"), number(2) + text("d")}, codec);
    for (std::size_t i = 0; i < file.size(); ++i) {
      std::string damaged = file;
      damaged[i] = static_cast<char>(~damaged[i]);
      put("k", damaged);
      run("id int4, s varchar(20)", "format avro 'auto' ignoreallerrors");  // any answer will do, a crash will not
    }
  }
}

}  // namespace
}  // namespace penstock::endpoint
