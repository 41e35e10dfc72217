#include "staging/staged_text.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "penstock/error.h"

namespace penstock::staging {
namespace {

using testing::HasSubstr;

struct Result {
  std::string text;
  std::uint64_t records = 0;
};

Result staged(const Shape& shape, std::string_view text, std::uint64_t first_position = 1) {
  Chunk chunk;
  chunk.buffer.append(text);
  chunk.end = text.size();
  chunk.first_line = 11;
  Buffer out;
  Result result;
  result.records = staged_text(shape)->append(chunk, "in.csv", first_position, out);
  result.text = out.view();
  std::ranges::replace(result.text, '\x1A', '@');  // NULL
  return result;
}

TEST(StagedCsv, SaysNullAsOneText) {
  struct Case {
    std::string in;
    std::string out;
    std::string why;
  };
  for (const auto& [in, out, why] : {
           Case{"1,a,b\n", "1,a,b\n", "nothing to say"},
           Case{"1,,b\n", "1,@,b\n", "an unquoted empty field is NULL"},
           Case{",,\n", "@,@,@\n", "wherever it stands"},
           Case{"1,\"\",b\n", "1,\"\",b\n", "a quoted one is empty text"},
           Case{"1,a,\r\n2,b,c\r\n", "1,a,@\n2,b,c\n", "line ends become newlines"},
           Case{"1,\"a\r\nb\",c\n", "1,\"a\r\nb\",c\n", "but not inside quotes"},
           Case{"\n1,a,b\n\r\n2,a,b\n\n", "1,a,b\n2,a,b\n", "blank lines go"},
           Case{"1,\"a\"\"b\",\"c,\"\n", "1,\"a\"\"b\",\"c,\"\n", "quotes stay as they are"},
           Case{"1, \"a\" ,\t\"b\"\r\n", "1, \"a\" ,\t\"b\"\n", "blanks around quotes are COPY's to drop"},
       }) {
    EXPECT_EQ(staged(CsvShape{.fields = 3}, in).text, out) << why;
  }
}

TEST(StagedCsv, TakesAnotherTextForNull) {
  const CsvShape shape{.fields = 3, .null_text = "NA"};
  EXPECT_EQ(staged(shape, "1,NA,\"NA\"\n").text, "1,@,\"NA\"\n") << "a quoted NA is text";
  EXPECT_EQ(staged(shape, "1,,NAN\n").text, "1,,NAN\n");
}

TEST(StagedCsv, KeepsBlankLinesOfOneField) {
  EXPECT_EQ(staged(CsvShape{.fields = 1}, "a\n\nb\n").text, "a\n@\nb\n") << "of one column, an empty line is a record";
}

TEST(StagedCsv, GivesRecordsTheirPosition) {
  const CsvShape shape{.fields = 2, .with_position = true};
  const auto result = staged(shape, "a,1\r\n\nb,\nc,\"x\ny\"\n", 41);
  EXPECT_EQ(result.text, "a,1,41\nb,@,42\nc,\"x\ny\",43\n");
  EXPECT_EQ(result.records, 3U);
}

TEST(StagedCsv, ResolvesEscapes) {
  const CsvShape shape{.dialect = {.escape = '\\'}, .fields = 2, .null_text = "\\N"};
  EXPECT_EQ(staged(shape, "a\\,b,c\n").text, "\"a,b\",c\n");
  EXPECT_EQ(staged(shape, "\"a\\\"b\",\"c\"\"d\"\n").text, "\"a\"\"b\",\"c\"\"d\"\n");
  EXPECT_EQ(staged(shape, "\\N,\\\\N\n").text, "@,\"\\N\"\n") << "NULL is told from its escaped text";
  EXPECT_EQ(staged(shape, "a\\\nb,\" \\\\\"\n").text, "\"a\nb\",\" \\\"\n");
  EXPECT_EQ(staged(shape, " \"a\\\"\" ,b\n").text, "\"a\"\"\",b\n");
}

TEST(StagedCsv, ReadsAnyDelimiterAndQuote) {
  const CsvShape shape{.dialect = {.delimiter = '|', .quote = '\''}, .fields = 3};
  EXPECT_EQ(staged(shape, "1||'a|''b'\n").text, "1|@|'a|''b'\n");
}

std::string failure_of(const Shape& shape, std::string_view text) {
  try {
    staged(shape, text);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    return e.what();
  }
  return "none";
}

TEST(StagedCsv, RefusesWhatCopyWouldReadOtherwise) {
  const CsvShape shape{.fields = 2};
  const std::string long_field(100, 'x');
  EXPECT_THAT(failure_of(shape, "1,a\n2\n"), HasSubstr("in.csv line 12: 1 field, where 2 are expected"));
  EXPECT_THAT(failure_of(shape, "1,a,b\n"), HasSubstr("in.csv line 11: 3 fields, where 2 are expected"));
  EXPECT_THAT(failure_of(shape, "1,\"a\nb\"\n2,a\"b\n\","),
              HasSubstr("in.csv line 13: a quote inside a field that does not begin with one"));
  EXPECT_THAT(failure_of(shape, long_field + ",\"a\"b\n"), HasSubstr("line 11: text behind a field's closing quote"));
  EXPECT_THAT(failure_of(shape, "1,a\n2,\xFF\n"), HasSubstr("in.csv line 12: the bytes are no UTF-8"));
  EXPECT_THAT(failure_of(shape, std::string_view("1,a\0b\n", 6)), HasSubstr("in.csv line 11: there is a NUL byte"));
  EXPECT_THAT(failure_of(shape, "1,\x1A\n"), HasSubstr("a field is the character U+001A alone"));
  EXPECT_THAT(failure_of(shape, "1,\"\x1A\"\n"), HasSubstr("a field is the character U+001A alone"));
  EXPECT_EQ(failure_of(shape, "1,a\x1A\n"), "none") << "with other text beside it, it is text";
}

TEST(StagedCsv, HoldsQuotesToTheirPlacesAcrossBlocks) {
  for (std::size_t before = 55; before < 70; ++before) {
    const std::string text(before, 'x');
    EXPECT_EQ(failure_of(CsvShape{.fields = 2}, text + ",\"a\"\n"), "none") << before;
    EXPECT_EQ(failure_of(CsvShape{.fields = 2}, text + ",\"\"\"\"\n"), "none") << before;
    EXPECT_EQ(failure_of(CsvShape{.fields = 2}, "\"" + text + "\",\"\"\r\n"), "none") << before;
    EXPECT_NE(failure_of(CsvShape{.fields = 2}, text + ",a\"b\"\n"), "none") << before;
    EXPECT_NE(failure_of(CsvShape{.fields = 2}, "\"" + text + "\"a,b\n"), "none") << before;
  }
}

TEST(StagedJson, KeepsLinesAndGivesThemAPosition) {
  EXPECT_EQ(staged(JsonShape{}, "{\"a\":1}\r\n\n  {\"b\":2} \n").text, "{\"a\":1}\n{\"b\":2}\n");
  const auto result = staged(JsonShape{.position_name = "n"}, "{\"a\":1}\n\n{ }\n", 5);
  EXPECT_EQ(result.text, "{\"n\":5,\"a\":1}\n{\"n\":6 }\n");
  EXPECT_EQ(result.records, 2U);
}

TEST(StagedJson, RefusesWhatIsNoObject) {
  EXPECT_THAT(failure_of(JsonShape{}, "{}\n[1,2]\n"), HasSubstr("in.csv line 12: the line is no JSON object"));
  EXPECT_THAT(failure_of(JsonShape{}, "{\"a\":\n"), HasSubstr("in.csv line 11: the line is no JSON object"));
}

}  // namespace
}  // namespace penstock::staging
