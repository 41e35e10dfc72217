#include "staging/inspection.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>

#include "penstock/error.h"
#include "staging/splitter.h"
#include "staging/text_reader.h"

namespace penstock::staging {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The first field may not be NULL nor "bad", the last one is JSON.
class Rules final : public ValueRules {
 public:
  explicit Rules(std::vector<std::string> names = {"a", "b", "j"}) : names_(std::move(names)) {}

  [[nodiscard]] std::optional<std::string> fault_of(std::size_t field,
                                                    std::optional<std::string_view> value) const override {
    if (field == 0 && !value) return "missing";
    if (value && *value == "bad") return "is bad";
    return std::nullopt;
  }
  [[nodiscard]] bool takes_json(std::size_t field) const override { return names_[field] == "j"; }
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }

 private:
  const std::vector<std::string> names_;
};

Chunk chunk_of(std::string_view text) {
  Chunk chunk;
  chunk.buffer.append("header\n");
  chunk.begin = chunk.buffer.size();
  chunk.buffer.append(text);
  chunk.end = chunk.buffer.size();
  chunk.first_line = 11;
  return chunk;
}

std::string in_words(const Fault& fault) {
  return fmt::format("{}{}: {} '{}'", fault.line, fault.field ? fmt::format(" field {}", *fault.field) : "",
                     fault.reason, fault.value);
}

struct Found {
  std::vector<std::string> faults;
  std::vector<std::string> records;  // line: text
  std::uint64_t count = 0;
  std::string rest;
};

Found inspected(const Shape& shape, std::string_view text) {
  const Rules rules;
  Chunk chunk = chunk_of(text);
  std::vector<BadRecord> bad;
  Found found;
  found.count = inspector(shape, rules)->inspect(chunk, "in", bad);
  for (const BadRecord& record : bad) {
    found.records.push_back(fmt::format("{}: {}", record.line, record.text));
    for (const Fault& fault : record.faults) found.faults.push_back(in_words(fault));
  }
  remove_records(bad, chunk);
  found.rest = chunk.text();
  return found;
}

TEST(InspectedCsv, FindsAllBadValuesWhereTheyAre) {
  const Found found = inspected(CsvShape{.fields = 2}, "1,x\n,bad\n\n2,\"bad\"\r\n\"a\nb\",\"bad\"\n3,y\n");
  EXPECT_THAT(found.faults, ElementsAre("12 field 0: missing ''", "12 field 1: is bad 'bad'",
                                        "14 field 1: is bad 'bad'", "16 field 1: is bad 'bad'"));
  EXPECT_THAT(found.records, ElementsAre("12: ,bad\n", "14: 2,\"bad\"\r\n", "15: \"a\nb\",\"bad\"\n"));
  EXPECT_EQ(found.count, 5U) << "a blank line is none";
  EXPECT_EQ(found.rest, "1,x\n\n3,y\n");
}

TEST(InspectedCsv, FindsRecordsThatAreNone) {
  struct Case {
    std::string text;
    std::string fault;
  };
  for (const auto& [text, fault] : {
           Case{"1\n", "11: 1 field, where 2 are expected ''"},
           Case{"1,2,3\n", "11: 3 fields, where 2 are expected ''"},
           Case{"1,\"a\"x\n", "11 field 1: there is text behind the closing quote '\"a\"x'"},
           Case{"1,a\"b\"\n", "11 field 1: there is a quote inside, and none at the start 'a\"b\"'"},
           Case{"1,a\xFF\n", "11 field 1: the bytes are no UTF-8 'a\xFF'"},
           Case{std::string("1,a\0\n", 5),
                "11 field 1: there is a NUL, which Redshift's text can't hold 'a" + std::string(1, '\0') + "'"},
           Case{"1,\x1A\n",
                "11 field 1: the value is the character U+001A alone, which stands for NULL in what is staged '\x1A'"},
       }) {
    EXPECT_THAT(inspected(CsvShape{.fields = 2}, "1,1\n" + text + "1,1\n").rest, "1,1\n1,1\n") << text;
    EXPECT_THAT(inspected(CsvShape{.fields = 2}, text).faults, ElementsAre(fault)) << text;
  }
}

TEST(InspectedCsv, SeesValuesAsCopyWill) {
  const CsvShape escaped{.dialect = {.escape = '\\'}, .fields = 2, .null_text = "NA"};
  EXPECT_THAT(inspected(escaped, "NA,1\n\"NA\",1\n").faults, ElementsAre("11 field 0: missing ''"));
  EXPECT_THAT(inspected(escaped, "1,b\\ad\n1, \"b\\ad\" \n1, bad\n").records,
              ElementsAre("11: 1,b\\ad\n", "12: 1, \"b\\ad\" \n"));
  EXPECT_THAT(
      inspected(CsvShape{.dialect = {.delimiter = '\t', .quote = '\''}, .fields = 2}, "1\t'b'\n'bad'\t1\n").records,
      ElementsAre("12: 'bad'\t1\n"));
  EXPECT_THAT(inspected(CsvShape{.fields = 1}, "\nx\n").faults, ElementsAre("11 field 0: missing ''"))
      << "of one column, an empty line is a record";
}

TEST(InspectedCsv, ShowsTheStartOfALongValue) {
  const auto found = inspected(CsvShape{.fields = 1}, "x\"" + std::string(98, 'x') + "é\"\n");
  EXPECT_THAT(found.faults, ElementsAre("11 field 0: there is a quote inside, and none at the start 'x\"" +
                                        std::string(98, 'x') + "…'"));
}

TEST(InspectedJson, FindsAllBadMembers) {
  const Found found = inspected(
      JsonShape{},
      "{\"a\":1}\n \n{\"b\":\"bad\"}\r\n{\"\\u0061\":\"b\\u0061d\",\"a2\":\"bad\"}\n{\"a\":\"bad\", \"a\" : 2}\n");
  EXPECT_THAT(found.faults,
              ElementsAre("13 field 0: missing ''", "13 field 1: is bad 'bad'", "14 field 0: is bad 'bad'"));
  EXPECT_EQ(found.count, 4U);
  EXPECT_EQ(found.rest, "{\"a\":1}\n \n{\"a\":\"bad\", \"a\" : 2}\n") << "the last of two members holds";
}

TEST(InspectedJson, GivesJsonAsItIsWritten) {
  EXPECT_THAT(inspected(JsonShape{}, "{\"a\":1,\"j\":\"bad\"}\n").faults, IsEmpty());
  EXPECT_THAT(inspected(JsonShape{}, "{\"a\":[1, 2],\"j\":null}\n").faults, IsEmpty());
}

TEST(InspectedJson, FindsLinesThatAreNoObject) {
  for (const std::string text :
       {"[1]", "{\"a\":1", "{\"a\":1}}", "{\"a\":1} {\"a\":2}", "{\"a\":01}", "{\"a\":1,}", "x", "{a:1}"}) {
    EXPECT_THAT(inspected(JsonShape{}, text + "\n").faults,
                ElementsAre("11: the line is no JSON object '" + text + "'"));
  }
  EXPECT_THAT(inspected(JsonShape{}, "{\"a\":\"\xFF\"}\n").faults, ElementsAre(HasSubstr("no UTF-8")));
  EXPECT_THAT(inspected(JsonShape{}, "{\"a\":\"\\ud83d\"}\n").faults, ElementsAre(HasSubstr("surrogate")));
  EXPECT_THAT(inspected(JsonShape{}, "{\"a\":\"\\u0000\"}\n").faults, ElementsAre(HasSubstr("NUL")));
}

// What is left is staged as it is: the inspection refuses whatever StagedText does.
TEST(Inspected, LeavesNothingThatCannotBeStaged) {
  std::mt19937 random(11);
  const std::string_view pieces[] = {"a",    ",",    "\n", "\"", "\"\"",      " ",  "\r\n", "\t",
                                     "\xFF", "\x1A", "{",  "}",  "{\"a\":1}", "\\", "é"};
  const Shape shapes[] = {CsvShape{.fields = 2}, CsvShape{.dialect = {.escape = '\\'}, .fields = 2},
                          CsvShape{.fields = 1}, JsonShape{}};
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (unsigned i = random() % 40; i > 0; --i) text += pieces[random() % std::size(pieces)];
    const Shape& shape = shapes[random() % std::size(shapes)];
    TextReader reader(text);
    Splitter splitter(reader, "in", {.dialect = dialect_of(shape), .chunk_bytes = 4096});
    Chunk chunk;
    try {
      if (!splitter.next(chunk)) continue;
    } catch (const Error&) {
      continue;  // a quote that is never closed
    }
    const Rules rules({"a", "b"});
    std::vector<BadRecord> bad;
    const auto records = inspector(shape, rules)->inspect(chunk, "in", bad);
    remove_records(bad, chunk);
    Buffer out;
    EXPECT_NO_THROW(EXPECT_EQ(staged_text(shape)->append(chunk, "in", 1, out), records - bad.size()) << text) << text;
  }
}

}  // namespace
}  // namespace penstock::staging
