#include "columnar/text_rows.h"

#include <arrow/array/array_base.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "penstock/error.h"
#include "staging/splitter.h"
#include "staging/text_reader.h"

namespace penstock::columnar {
namespace {

using staging::CsvShape;
using staging::JsonShape;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Columns = std::vector<std::pair<std::string, std::string>>;  // name and type

std::vector<SourceColumn> columns_of(const Columns& columns) {
  std::vector<SourceColumn> out;
  for (const auto& [name, type] : columns) {
    out.push_back({.name = name, .type = table::parse_type(type).value(), .field = out.size(), .member = name});
  }
  return out;
}

// All rows, a line each; values are apart by |, NULL is ~.
std::string rows_of(const staging::Shape& shape, const std::string& text, const std::vector<SourceColumn>& columns,
                    std::uint64_t skip = 0, std::size_t batch_bytes = 1 << 20) {
  staging::TextReader reader(text, 7);
  staging::Splitter splitter(reader, "x.csv", {.dialect = staging::dialect_of(shape), .chunk_bytes = 1, .skip = skip});
  const auto rows = text_rows(shape, columns, batch_bytes);
  staging::Chunk chunk;
  std::string out;
  while (splitter.next(chunk)) {
    rows->begin(chunk, "x.csv");
    while (const auto batch = rows->next()) {
      EXPECT_TRUE(batch->ValidateFull().ok());
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        for (int i = 0; i < batch->num_columns(); ++i) {
          auto column = batch->column(i);
          if (column->type_id() == arrow::Type::EXTENSION) {
            column = arrow::internal::checked_cast<const arrow::ExtensionArray&>(*column).storage();
          }
          const auto value = column->GetScalar(row).ValueOrDie();
          out += (i > 0 ? "|" : "") + (value->is_valid ? value->ToString() : "~");
        }
        out += '\n';
      }
    }
  }
  return out;
}

std::string csv(const std::string& text, const Columns& columns, CsvShape shape = {}) {
  shape.fields = columns.size();
  return rows_of(shape, text, columns_of(columns));
}

std::string json(const std::string& text, const Columns& columns) {
  return rows_of(JsonShape{}, text, columns_of(columns));
}

TEST(CsvRows, KeepsNullFromEmptyText) {
  EXPECT_EQ(csv("1,a\n,\n\"\",\"\"\n", {{"n", "int"}, {"s", "varchar(9)"}}), "1|a\n~|~\n~|\n");
  EXPECT_EQ(csv("NA,NA\n,\n\"NA\",\"NA\"\n", {{"a", "varchar(9)"}, {"b", "varchar(9)"}}, {.null_text = "NA"}),
            "~|~\n|\nNA|NA\n");
}

TEST(CsvRows, ReadsWhatIsInQuotes) {
  EXPECT_EQ(csv("\"a,\"\"b\"\"\nc\",1\r\n \"x\" ,2\r\n", {{"s", "varchar(9)"}, {"n", "int"}}), "a,\"b\"\nc|1\nx|2\n");
  EXPECT_EQ(csv("'a\tb'\t'it''s'\n", {{"a", "varchar(9)"}, {"b", "varchar(9)"}},
                {.dialect = {.delimiter = '\t', .quote = '\''}}),
            "a\tb|it's\n");
  EXPECT_EQ(csv("a\\,b,\"c\\\"d\"\n,\"\"\n\\\\,\\\n\n", {{"a", "varchar(9)"}, {"b", "varchar(9)"}},
                {.dialect = {.escape = '\\'}}),
            "a,b|c\"d\n~|\n\\|\n\n");
}

TEST(CsvRows, TakesFieldsInAnyOrderAndAsOften) {
  std::vector<SourceColumn> columns = columns_of({{"c", "int"}, {"a", "varchar(9)"}, {"again", "bigint"}});
  columns[0].field = 2;
  columns[1].field = 0;
  columns[2].field = 2;
  EXPECT_EQ(rows_of(CsvShape{.fields = 4}, "a,b,3,\"d\"\"\"\ne,f,4,\n", columns), "3|a|3\n4|e|4\n");
  columns[0].field = 4;
  EXPECT_THAT([&] { text_rows(CsvShape{.fields = 4}, columns, 1); }, ThrowsMessage<Error>(HasSubstr("column c")));
}

TEST(CsvRows, LeavesBlankLinesAndByteOrderMarksOut) {
  EXPECT_EQ(csv("\xEF\xBB\xBF\n1,a\n\r\n\n2,b", {{"n", "int"}, {"s", "varchar(9)"}}), "1|a\n2|b\n");
  EXPECT_EQ(csv("1\n\n2\n", {{"n", "int"}}), "1\n~\n2\n") << "an empty line is the one field";
  EXPECT_EQ(rows_of(CsvShape{.fields = 1}, "n\r\n1\r\n", columns_of({{"n", "int"}}), 1), "1\n");
}

TEST(CsvRows, ReadsManyRecordsInBatchesOfTheSizeThatIsAsked) {
  std::string text;
  std::string expected;
  for (int i = 0; i < 6000; ++i) {
    const std::string number = std::to_string(i * 7919);
    text += number + (i % 3 == 0 ? ",\"q\"\"" : ",\"") + number + "\n\"," + (i % 5 == 0 ? "" : "x") + "\n";
    expected += number + (i % 3 == 0 ? "|q\"" : "|") + number + "\n|" + (i % 5 == 0 ? "~" : "x") + "\n";
  }
  const auto columns = columns_of({{"n", "bigint"}, {"s", "varchar(9)"}, {"t", "varchar(9)"}});
  for (const std::size_t batch_bytes : {1, 1000, 1 << 20}) {
    EXPECT_EQ(rows_of(CsvShape{.fields = 3}, text, columns, 0, batch_bytes), expected) << batch_bytes;
  }
}

TEST(CsvRows, ReadsRecordsOfMoreFieldsThanItKeepsPlacesOf) {
  Columns columns;
  std::string text;
  std::string row;
  for (int i = 0; i < 20'000; ++i) {
    columns.emplace_back("c" + std::to_string(i), "int");
    row += (i > 0 ? "," : "") + std::to_string(i);
  }
  text = row + "\n" + row + "\n";
  std::string expected = text;
  std::ranges::replace(expected, ',', '|');
  EXPECT_EQ(csv(text, columns), expected);
}

TEST(CsvRows, RefusesTheEarliestThatIsWrong) {
  const Columns columns{{"n", "int"}, {"s", "varchar(9)"}, {"d", "date"}};
  const auto refusal = [&](const std::string& text) {
    try {
      csv(text, columns);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal("1,\"a\n\",2024-01-01\n2,b,x\n3x,c,\n"),
              AllOf(HasSubstr("x.csv line 3: column d: 'x': no date")));
  EXPECT_THAT(refusal("1,a,\n2,b\n"), HasSubstr("x.csv line 2: 2 fields, where 3 are expected"));
  EXPECT_THAT(refusal("1,a,\n2,b,,,,\n"), HasSubstr("x.csv line 2: 6 fields"));
  EXPECT_THAT(refusal("1,a,\n2x,a,\n2,b\n"), HasSubstr("x.csv line 2: column n: '2x'"));
  EXPECT_THAT(refusal("1,a\"b\",\n"), HasSubstr("line 1: column s: a quote inside"));
  EXPECT_THAT(refusal("1,\"a\"b,\n"), HasSubstr("line 1: column s: text behind"));
  EXPECT_THAT(refusal("1,a,\n1,\xFF,\n"), HasSubstr("line 2: the bytes are no UTF-8"));
  EXPECT_THAT(refusal(std::string("1,a,\n1,\0,\n", 10)), HasSubstr("line 2: there is a NUL"));
  EXPECT_THAT(refusal("1,a,\n\"2,b,\n"), HasSubstr("line 2 has a quote that is never closed"));
  EXPECT_THAT(refusal("1,\xC3\xA9" + std::string(200, 'e') + ",\n" + std::string(200, '9') + ",,\n"),
              AllOf(HasSubstr("line 2: column n: '99999"), HasSubstr("9…'"), HasSubstr("range")));
}

TEST(CsvRows, LooksAtTheQuotesOfFieldsThatNobodyWants) {
  std::vector<SourceColumn> columns = columns_of({{"n", "int"}});
  EXPECT_THAT([&] { rows_of(CsvShape{.fields = 2}, "1,a\n2,\"b\"c\n", columns); },
              ThrowsMessage<Error>(HasSubstr("line 2: text behind a field's closing quote")));
}

TEST(JsonRows, TakesMembersByTheirNames) {
  EXPECT_EQ(json(R"({"b": "x", "a": 1}
{"a": 2}
{"other": [1, {"a": 3}], "b": null, "a": null}

  {"a": 5, "b": "y", "a": 6}
{}
{ }
)",
                 {{"a", "int"}, {"b", "varchar(9)"}}),
            "1|x\n2|~\n~|~\n6|y\n~|~\n~|~\n");
  EXPECT_EQ(json("{\"\\u0061\": 1}\n", {{"a", "int"}}), "1\n") << "a name may be escaped";
}

TEST(JsonRows, KeepsDigitsAndDocumentsAsTheyAreWritten) {
  EXPECT_EQ(
      json(R"({"d": 99999999999999999999999999999999999999, "s": {"b" : [1.50, "\u00e9"]}, "t": 1.50, "u": [ 1 ]})",
           {{"d", "numeric(38,0)"}, {"s", "super"}, {"t", "varchar(9)"}, {"u", "varchar(9)"}}),
      "99999999999999999999999999999999999999|{\"b\" : [1.50, \"\\u00e9\"]}|1.50|[ 1 ]\n");
  EXPECT_EQ(json(R"({"d": "12", "s": "x", "t": true, "u": false})",
                 {{"d", "int"}, {"s", "super"}, {"t", "boolean"}, {"u", "varchar(9)"}}),
            "12|\"x\"|true|false\n");
}

TEST(JsonRows, UnescapesStrings) {
  EXPECT_EQ(json(R"({"a": "\"\\\/\b\f\n\r\t", "b": "\u00e9\ud83d\ude00", "c": ""})"
                 "\n"
                 R"({"a": "plain", "b": "\t", "c": "2024-01-01"})",
                 {{"a", "varchar(9)"}, {"b", "varchar(9)"}, {"c", "date"}}),
            "\"\\/\b\f\n\r\t|é😀|~\nplain|\t|2024-01-01\n");
}

TEST(JsonRows, RefusesTheEarliestThatIsWrong) {
  const Columns columns{{"a", "int"}, {"b", "varchar(9)"}};
  const auto refusal = [&](const std::string& text) {
    try {
      json(text, columns);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal("{\"a\":1}\n{\"a\":1.5}\n"), HasSubstr("x.csv line 2: column a: '1.5': no integer"));
  EXPECT_THAT(refusal("{\"a\":1}\n\n{\"b\":\"\\ud83d\"}\n"),
              HasSubstr("line 3: column b: the string has half of a surrogate pair"));
  EXPECT_THAT(refusal("{\"b\":\"\\u0000\"}\n"), HasSubstr("line 1: column b: there is a NUL"));
  EXPECT_THAT(refusal("{\"a\":\"x\"}\n{\n"), HasSubstr("line 1: column a: 'x'"));
  for (const char* const line : {"{", "[]", "1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}}", "{\"a\":1 \"b\":2}",
                                 "{a:1}", "{\"a\":NaN}", "{,}", "{\"a\":1}{\"a\":2}", "{\"a\":01}"}) {
    EXPECT_THAT(refusal(std::string("{}\n") + line + "\n"), HasSubstr("line 2: the line is no JSON object")) << line;
  }
}

TEST(JsonRows, ReadsManyObjectsInBatchesOfTheSizeThatIsAsked) {
  std::string text;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string number = std::to_string(i);
    text += "{\"n\":" + number + ",\"s\":\"" + (i % 3 == 0 ? "\\n" : "") + number + "\"}\n";
    expected += number + "|" + (i % 3 == 0 ? "\n" : "") + number + "\n";
  }
  for (const std::size_t batch_bytes : {1, 1000, 1 << 20}) {
    EXPECT_EQ(rows_of(JsonShape{}, text, columns_of({{"n", "bigint"}, {"s", "varchar(9)"}}), 0, batch_bytes), expected);
  }
}

}  // namespace
}  // namespace penstock::columnar
