#include "staging/splitter.h"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

#include "penstock/error.h"
#include "staging/text_reader.h"

namespace penstock::staging {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SplitterOptions csv(std::size_t chunk_bytes, std::uint64_t skip = 0) {
  return {.dialect = CsvDialect{}, .chunk_bytes = chunk_bytes, .record_limit = 1000, .skip = skip};
}

std::vector<std::string> split(const std::string& input, const SplitterOptions& options, std::size_t step = 7) {
  TextReader reader(input, step);
  Splitter splitter(reader, "in.csv", options);
  std::vector<std::string> chunks;
  Chunk chunk;
  while (splitter.next(chunk)) chunks.emplace_back(chunk.text());
  EXPECT_EQ(splitter.bytes_read(), input.size());
  return chunks;
}

TEST(Splitter, CutsOnlyBetweenRecords) {
  EXPECT_THAT(split("1,a\n2,b\n3,c\n", csv(8)), ElementsAre("1,a\n2,b\n", "3,c\n"));
  EXPECT_THAT(split("1,\"a\nb\"\n2,c\n", csv(8)), ElementsAre("1,\"a\nb\"\n", "2,c\n"))
      << "a quoted newline ends nothing";
  EXPECT_THAT(split("1,aaaaaaaaaaaaa\n2,b\n", csv(8)), ElementsAre("1,aaaaaaaaaaaaa\n", "2,b\n"))
      << "a long record stays whole";
  EXPECT_THAT(split("1\n2", csv(8)), ElementsAre("1\n2\n")) << "the last newline may be missing";
  EXPECT_THAT(split("", csv(8)), IsEmpty());
  EXPECT_THAT(split("\xEF\xBB\xBF"
                    "a\nb\n",
                    csv(80)),
              ElementsAre("a\nb\n"))
      << "a byte order mark is no data";
}

TEST(Splitter, SkipsRecordsAtTheStart) {
  EXPECT_THAT(split("\"h\n1\",h2\n1,a\n", csv(80, 1)), ElementsAre("1,a\n"));
  EXPECT_THAT(split("h\n1,a\n2,b\n", csv(2, 1)), ElementsAre("", "1,a\n", "2,b\n")) << "a chunk may be all header";
  EXPECT_THAT(split("h1,h2", csv(80, 1)), ElementsAre(""));
}

TEST(Splitter, CutsLinesWhereThereAreNoQuotes) {
  EXPECT_THAT(split("{\"a\n{\"b\n", {.chunk_bytes = 4}), ElementsAre("{\"a\n", "{\"b\n"));
}

TEST(Splitter, MakesLinesOfAnArray) {
  EXPECT_THAT(split("\xEF\xBB\xBF[{\"a\":1},\n{\"a\":2}]", {.chunk_bytes = 5}),
              ElementsAre(" {\"a\":1}\n", " {\"a\":2} \n"));
  TextReader reader("[{},\n{}");
  Splitter splitter(reader, "in.json", {});
  Chunk chunk;
  try {
    splitter.next(chunk);
    FAIL() << "it is cut off";
  } catch (const Unsplittable& e) {
    EXPECT_THAT(e.what(), HasSubstr("in.json: the record that begins at line 2 is in an array that is never closed"));
  }
}

TEST(Splitter, KnowsLinesAndRecords) {
  TextReader reader("h\n\"1\n2\",a\n3,b\n4,c\n");
  Splitter splitter(reader, "in.csv", csv(10, 1));
  Chunk chunk;
  ASSERT_TRUE(splitter.next(chunk));
  EXPECT_EQ(chunk.text(), "\"1\n2\",a\n");
  EXPECT_EQ(chunk.first_line, 2U);
  EXPECT_EQ(chunk.first_record, 1U);
  EXPECT_EQ(chunk.ends, 1U);
  ASSERT_TRUE(splitter.next(chunk));
  EXPECT_EQ(chunk.text(), "3,b\n4,c\n");
  EXPECT_EQ(chunk.first_line, 4U);
  EXPECT_EQ(chunk.first_record, 2U);
  EXPECT_EQ(chunk.ends, 2U);
}

std::string failure_of(const std::string& input, const SplitterOptions& options) {
  try {
    split(input, options);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    return e.what();
  }
  return "none";
}

TEST(Splitter, RefusesARecordThatDoesNotEnd) {
  EXPECT_THAT(failure_of("a\nb,\"c\nd\n", csv(80)),
              HasSubstr("in.csv: the record that begins at line 2 has a quote that is never closed"));
  EXPECT_THAT(failure_of("a\n" + std::string(2000, 'x') + "\n", csv(10)),
              HasSubstr("in.csv: the record that begins at line 2 is longer than 1000 bytes"));
  auto escaped = csv(80);
  escaped.dialect->escape = '\\';
  EXPECT_THAT(failure_of("a\nb\\", escaped),
              HasSubstr("in.csv: the record that begins at line 2 ends with an escape that nothing is behind"));
}

TEST(Splitter, ChunksJoinedAreTheInputAtAnySize) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::string input;
    const auto records = random() % 20;
    for (unsigned i = 0; i < records; ++i) {
      input += std::to_string(random() % 1000);
      if (random() % 3 == 0) input += ",\"" + std::string(random() % 80, "x\n,"[random() % 3]) + "\"\"\"";
      input += '\n';
    }
    std::string joined;
    for (const std::string& chunk : split(input, csv(1 + random() % 100), 1 + random() % 50)) {
      EXPECT_TRUE(chunk.ends_with('\n'));
      joined += chunk;
    }
    ASSERT_EQ(joined, input);
  }
}

}  // namespace
}  // namespace penstock::staging
