#include "staging/postgres_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "penstock/error.h"

namespace penstock::staging {
namespace {

using testing::HasSubstr;
using Value = PostgresField::Value;

std::string staged(std::string_view rows, std::vector<Value> values, bool with_position = false,
                   CsvIndexer::Kernel kernel = CsvIndexer::Kernel::fastest) {
  PostgresShape shape{.fields = {}, .with_position = with_position};
  for (std::size_t i = 0; i < values.size(); ++i) {
    shape.fields.push_back({.name = "c" + std::to_string(i), .value = values[i]});
  }
  Chunk chunk;
  chunk.buffer.append(rows);
  chunk.end = chunk.buffer.size();
  Buffer out;
  postgres_text(shape, kernel)->append(chunk, "pg", 7, out);
  return std::string(out.view());
}

std::string said(std::string_view rows, const std::vector<Value>& values) {
  try {
    staged(rows, values);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(PostgresText, LeavesWhatNeedNotChange) {
  EXPECT_EQ(staged("1\ta b, c\t\n2\té\tx\n", {Value::any, Value::any, Value::any}), "1\ta b, c\t\n2\té\tx\n");
  EXPECT_EQ(staged("", {Value::any, Value::any}), "");
}

TEST(PostgresText, DecodesWhatIsEscaped) {
  struct Case {
    std::string_view text;
    std::string_view csv;
  };
  for (const auto& [text, csv] : {
           Case{R"(\N)", "\x1A"},
           Case{R"(\\N)", R"("\N")"},
           Case{R"(a\\b)", R"("a\b")"},
           Case{R"(\t\n\r\b\f\v)", "\"\t\n\r\b\f\v\""},
           Case{R"(say "no")", R"("say ""no""")"},
           Case{"\"", "\"\"\"\""},
           Case{R"(\.)", R"(".")"},
           Case{R"(\\.)", R"("\.")"},
           Case{"\x1A\x1A", "\"\x1A\x1A\""},
       }) {
    const std::string row = "1\t" + std::string(text) + "\tx\n";
    EXPECT_EQ(staged(row, {Value::any, Value::any, Value::any}), "1\t" + std::string(csv) + "\tx\n");
  }
}

TEST(PostgresText, TellsNullFromEmptyTextInASingleColumn) {
  EXPECT_EQ(staged("\n\\N\na\n", {Value::any}), "\"\"\n\x1A\na\n");
}

TEST(PostgresText, NumbersItsRows) {
  EXPECT_EQ(staged("a\t\\N\nb\tx\n", {Value::any, Value::any}, true), "a\t\x1A\t7\nb\tx\t8\n");
}

TEST(PostgresText, GivesBytesAsHexadecimalDigits) {
  EXPECT_EQ(staged("1\t\\\\x00ff\n2\t\\N\n3\t\\\\x\n", {Value::any, Value::bytes}), "1\t00ff\n2\t\x1A\n3\t\n");
}

TEST(PostgresText, RefusesWhatTheColumnCannotHold) {
  const auto of = [](const char* value) {
    return said(std::string("1\t0\n2\t") + value + "\n", {Value::any, Value::ordinary});
  };
  for (const char* value : {"NaN", "Infinity", "-Infinity", "infinity", "-infinity", "0044-03-15 BC"}) {
    EXPECT_EQ(of(value), std::string("pg row 2, column c1: ") + value + ", which the table's column can't hold");
  }
  for (const char* value : {"-1.5e+300", "0", "2024-02-29 12:00:00+00", "\\N", "-"}) EXPECT_EQ(of(value), "") << value;
  EXPECT_THAT(said("a\t\x1A\n", {Value::any, Value::any}), HasSubstr("pg row 1, column c1: the character U+001A"));
  EXPECT_THAT(said("a\t1\na\xFF\t\n", {Value::any, Value::any}), HasSubstr("pg row 2: the bytes are no UTF-8"));
  EXPECT_THAT(said("a\n", {Value::any, Value::any}), HasSubstr("1 rows of 2 columns came with 1 fields"));
}

TEST(PostgresText, FindsWhatTheColumnCannotHoldAtEveryPlaceInABlock) {
  const std::vector<Value> values{Value::any, Value::ordinary, Value::any};
  for (std::size_t before = 0; before < 200; ++before) {
    const std::string rows = std::string(before, 'x') + "\t1\tends in letters\nz\t-Infinity\tx\n";
    EXPECT_EQ(said(rows, values), "pg row 2, column c1: -Infinity, which the table's column can't hold") << before;
  }
}

// The plainest reading of the format, to hold the fast one to.
std::string plainly(const std::vector<std::vector<std::string>>& rows, std::string& text) {
  std::string csv;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += '\t', csv += '\t';
      bool is_odd = false;
      std::string field;
      for (const char c : row[i]) {
        const std::string_view escaped = c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\\' ? "\\\\" : "";
        text += escaped.empty() ? std::string_view(&c, 1) : escaped;
        is_odd |= !escaped.empty() || c == '"';
        field += c == '"' ? "\"\"" : std::string(1, c);
      }
      csv += is_odd ? '"' + field + '"' : field;
    }
    text += '\n', csv += '\n';
  }
  return csv;
}

TEST(PostgresText, IsTheSameByEveryKernelAndAtEveryPlaceInABlock) {
  std::mt19937 random(5);
  constexpr std::string_view kCharacters = "abcdefghij0123456789,\"\\\n\t";
  for (int round = 0; round < 300; ++round) {
    std::vector<std::vector<std::string>> rows(random() % 40);
    const std::size_t plainness = 1 + random() % 20;
    for (auto& row : rows) {
      row.resize(3);
      for (std::string& field : row) {
        field.resize(1 + random() % 60);
        for (char& c : field)
          c = kCharacters[random() % plainness == 0 ? random() % kCharacters.size() : random() % 20];
      }
      row.front() = std::to_string(random());
    }
    std::string text;
    const std::string expected = plainly(rows, text);
    const std::vector<Value> any{Value::any, Value::any, Value::any};
    ASSERT_EQ(staged(text, any), expected);
    ASSERT_EQ(staged(text, any, false, CsvIndexer::Kernel::scalar), expected);
    ASSERT_EQ(staged(text, {Value::ordinary, Value::any, Value::any}), expected) << "looking at every field";
  }
}

}  // namespace
}  // namespace penstock::staging
