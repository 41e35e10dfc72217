#include "discovery/discover.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "discovery/chunk_profiles.h"
#include "penstock/error.h"
#include "staging/splitter.h"
#include "staging/text_reader.h"

namespace penstock::discovery {
namespace {

using staging::CsvShape;
using staging::JsonShape;
using staging::Shape;
using staging::TextReader;
using testing::ElementsAre;
using testing::HasSubstr;

staging::Input input_of(const std::string& text, std::string name = "f.csv", std::uint64_t skip = 0) {
  return {.name = std::move(name), .open = [text] { return std::make_unique<TextReader>(text); }, .skip = skip};
}

std::vector<std::string> described(const Discovered& found) {
  std::vector<std::string> out;
  for (const Column& column : found.columns) {
    out.push_back(fmt::format("{} {} {} {}", column.name, to_string(column.tight), column.nulls, column.max_bytes));
  }
  return out;
}

Discovered of_csv(const std::string& text, const std::vector<std::string>& names, CsvShape shape = {}) {
  shape.fields = names.size();
  const staging::Input inputs[] = {input_of(text)};
  return discover(inputs, {.shape = shape, .names = names}, {});
}

Discovered of_json(const std::string& text) {
  const staging::Input inputs[] = {input_of(text, "f.json")};
  return discover(inputs, {.shape = JsonShape{}}, {});
}

template <typename Discovering>
std::string refusal(Discovering discovering) {
  try {
    discovering();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    return e.what();
  }
  return "";
}

TEST(DiscoverCsv, ReadsFieldsAsCopyDoes) {
  const auto found = of_csv(
      "1,2.50,\"x,\"\"y\"\"\n\",2024-01-01,t\r\n"
      "\"70000\",,plain, \"2024-01-02\" ,\"\"\r\n"
      "\n"
      "3,1,\"\",,f",
      {"a", "b", "c", "d", "e"});
  EXPECT_EQ(found.records, 3U);
  EXPECT_THAT(described(found), ElementsAre("a integer 0 5", "b numeric(3,2) 1 4", "c character varying(6) 0 6",
                                            "d date 1 10", "e boolean 1 1"));
  EXPECT_EQ(found.columns[0].why, "'70000' in f.csv line 3 is no smallint");
}

TEST(DiscoverCsv, TakesItsDialectAndItsNull) {
  CsvShape shape{.dialect = {.delimiter = '|', .quote = '\'', .escape = '\\'}, .null_text = "NA"};
  const auto found = of_csv("NA|1|a\\|b\n'NA'|NA|'\\\\'\n2|-3|\\N\n", {"a", "b", "c"}, shape);
  EXPECT_THAT(described(found),
              ElementsAre("a character varying(2) 1 2", "b smallint 1 2", "c character varying(3) 0 3"));
}

TEST(DiscoverCsv, RefusesWhatIsNoCsvWithItsLine) {
  const std::vector<std::string> names{"a", "b"};
  EXPECT_EQ(refusal([&] { of_csv("1,2\n3\n", names); }), "f.csv line 2: 1 field, where 2 are expected");
  EXPECT_EQ(refusal([&] { of_csv("1,2,3\n", names); }), "f.csv line 1: 3 fields, where 2 are expected");
  EXPECT_THAT(refusal([&] { of_csv("1,2\nx\"y\",3\n", names); }), HasSubstr("line 2: a quote inside a field"));
  EXPECT_THAT(refusal([&] { of_csv("1,\"y\"z\n", names); }), HasSubstr("line 1: text behind"));
  EXPECT_THAT(refusal([&] { of_csv("1,\xFF\n", names); }), HasSubstr("line 1: the bytes are no UTF-8"));
}

TEST(DiscoverJson, TakesAColumnThatComesUpLateAndKeepsDigits) {
  const auto found = of_json(
      "{\"id\": 1, \"n\": 12345678901234567890.125, \"s\": \"007\", \"when\": \"2024-01-01T00:00:00Z\"}\n"
      "\n"
      "{\"id\": 2, \"n\": null, \"s\": \"1\", \"o\": {\"a\": [1]}, \"b\": true, \"id\": 99999}\n"
      "{\"id\":3,\"late\":1e5,\"o\":\"text\",\"b\":null,\"when\":\"\"}\n");
  EXPECT_EQ(found.records, 3U);
  EXPECT_THAT(described(found), ElementsAre("id integer 0 5", "n numeric(23,3) 2 24", "s character varying(3) 1 3",
                                            "when timestamp with time zone 2 20", "o super 1 10", "b boolean 2 4",
                                            "late double precision 2 3"));
  EXPECT_EQ(found.columns[4].why, "'{\"a\": [1]}' in f.json line 3 is an object or array");
}

TEST(DiscoverJson, TakesAStringForTextWhateverItLooksLike) {
  EXPECT_THAT(described(of_json("{\"a\":\"1\",\"b\":\"true\",\"c\":\"\\u00e9\\n\",\"d\":1}\n{\"d\":\"x\"}\n")),
              ElementsAre("a character varying(1) 1 1", "b character varying(4) 1 4", "c character varying(3) 1 3",
                          "d character varying(1) 0 1"));
}

TEST(DiscoverJson, RefusesWhatIsNoObjectWithItsLine) {
  EXPECT_THAT(refusal([&] { of_json("{\"a\":1}\n[1]\n"); }), HasSubstr("f.json line 2: the line is no JSON object"));
  EXPECT_THAT(refusal([&] { of_json("{\"a\":1}{\"a\":2}\n"); }), HasSubstr("line 1: the line is no JSON object"));
  EXPECT_THAT(refusal([&] { of_json("{\"a\":tru}\n"); }), HasSubstr("line 1: "));
  EXPECT_THAT(refusal([&] { of_json("{\"a\":1,\n\"b\":2}\n"); }), HasSubstr("line 1: "));
  std::string wide = "{\"c0\":0";
  for (int i = 1; i <= 1600; ++i) wide += fmt::format(",\"c{}\":0", i);
  EXPECT_THAT(refusal([&] { of_json(wide + "}\n"); }), HasSubstr("more than 1600 names"));
}

TEST(Discover, LooksAtASampleOnlyWhenAsked) {
  std::string text;
  for (int i = 0; i < 400'000; ++i) text += "12345\n";
  text += "x\n";
  const staging::Input inputs[] = {input_of(text)};
  DiscoverOptions options{.shape = CsvShape{.fields = 1}, .names = {"a"}};
  EXPECT_EQ(to_string(discover(inputs, options, {}).columns[0].tight), "character varying(5)");
  options.sample = 1000;
  const auto found = discover(inputs, options, {});
  EXPECT_EQ(to_string(found.columns[0].tight), "smallint");
  EXPECT_GE(found.records, 1000U);
  EXPECT_LT(found.records, 400'001U);
}

TEST(Discover, ReadsAllInputsAndSkipsTheirHeaders) {
  const staging::Input inputs[] = {input_of("a\n1\n", "one.csv", 1), input_of("a\n\nx\n", "two.csv", 1)};
  const auto found = discover(inputs, {.shape = CsvShape{.fields = 1}, .names = {"a"}}, {});
  EXPECT_EQ(found.records, 3U);
  EXPECT_EQ(found.columns[0].why, "'x' in two.csv line 3 is text");
  EXPECT_EQ(found.columns[0].nulls, 1U);
}

TEST(Discover, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  const staging::Input inputs[] = {input_of("1\n")};
  try {
    discover(inputs, {.shape = CsvShape{.fields = 1}, .names = {"a"}}, stop.get_token());
    FAIL() << "it was not stopped";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
}

// --- the same, however it is cut and whoever reads it

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t count) { return random() % count; }

const std::string& one_of(Random& random, const std::vector<std::string>& these) {
  return these[below(random, these.size())];
}

// Values of a column that is mostly of one kind.
std::vector<std::string> some_values(Random& random) {
  const std::vector<std::vector<std::string>> kinds{
      {"1", "22", "-3"},
      {"40000", "7"},
      {"3000000000"},
      {"12345678901234567890"},
      {"1.5", "0.25"},
      {"1e5", "2"},
      {"NaN", "1.5"},
      {"2024-01-01"},
      {"2024-01-01 10:00:00", "2024-02-02"},
      {"2024-01-01T10:00:00Z"},
      {"10:00:00"},
      {"true", "f"},
      {"007"},
      {"x", "a longer text, with a comma", "two\nlines", "a \"quote\"", "\xC3\xA9"},
      {"", " "}};
  std::vector<std::string> values = kinds[below(random, kinds.size())];
  if (below(random, 3) == 0) values.push_back(kinds[below(random, kinds.size())].front());
  return values;
}

struct Table {
  std::vector<std::string> names;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

Table some_table(Random& random) {
  Table table;
  std::vector<std::vector<std::string>> values;
  for (std::size_t i = 0; i < 1 + below(random, 8); ++i) {
    table.names.push_back(fmt::format("c{}", i));
    values.push_back(some_values(random));
  }
  for (std::size_t i = 0; i < below(random, 200); ++i) {
    auto& row = table.rows.emplace_back();
    for (const auto& of_column : values) {
      // rare ones are seen late
      const bool rare = below(random, 50) == 0;
      if (below(random, 10) == 0) {
        row.emplace_back();
      } else {
        row.emplace_back(rare ? one_of(random, of_column) : of_column.front());
      }
    }
    if (table.names.size() == 1 && !row.front()) row.front() = "";  // or it would be a blank line
  }
  return table;
}

std::string csv_of(const Table& table, Random& random) {
  std::string text;
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      if (!row[i]) continue;
      const bool needs_quotes = row[i]->empty() || row[i]->find_first_of(",\"\n") != std::string::npos;
      if (!needs_quotes && below(random, 2) == 0) {
        text += *row[i];
        continue;
      }
      text += '"';
      for (const char c : *row[i]) text += c == '"' ? "\"\"" : std::string(1, c);
      text += '"';
    }
    text += below(random, 2) == 0 ? "\r\n" : "\n";
  }
  return text;
}

// What the columns are, value by value.
std::vector<std::string> reference(const Table& table) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < table.names.size(); ++i) {
    Profile profile;
    std::uint64_t nulls = 0;
    std::uint64_t empties = 0;
    for (const auto& row : table.rows) {
      if (!row[i]) {
        ++nulls;
        continue;
      }
      const Value value = value_of(*row[i]);
      if (value.kind == Kind::empty) ++empties;
      profile.add(value, row[i]->size());
    }
    const table::Type type = resolve(profile).tight;
    if (type.name != table::TypeName::varchar) nulls += empties;
    out.push_back(fmt::format("{} {} {}", to_string(type), nulls, profile.bytes()));
  }
  return out;
}

std::vector<std::string> in_chunks(const Table& table, const std::string& csv, std::size_t chunk_bytes,
                                   std::size_t workers) {
  CsvShape shape{.fields = table.names.size()};
  std::vector<std::unique_ptr<ChunkProfiles>> profiles;
  for (std::size_t i = 0; i < workers; ++i) profiles.push_back(csv_profiles(shape));
  TextReader reader(csv);
  staging::Splitter splitter(reader, "f.csv", {.dialect = shape.dialect, .chunk_bytes = chunk_bytes});
  staging::Chunk chunk;
  std::uint64_t number = 0;
  std::uint64_t records = 0;
  while (splitter.next(chunk)) {
    records += profiles[number % workers]->add(chunk, "f.csv", number);
    ++number;
  }
  EXPECT_EQ(records, table.rows.size());
  for (std::size_t i = 1; i < workers; ++i) profiles[0]->merge(*profiles[i]);
  std::vector<std::string> out;
  for (const auto& [name, profile] : profiles[0]->columns(table.names, records)) {
    const table::Type type = resolve(profile).tight;
    const bool takes_empty = type.name == table::TypeName::varchar;
    out.push_back(fmt::format("{} {} {}", to_string(type), profile.nulls() + (takes_empty ? 0 : profile.empties()),
                              profile.bytes()));
  }
  return out;
}

TEST(Discover, FindsTheSameHoweverTheSourceIsCut) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Table table = some_table(random);
    const std::string csv = csv_of(table, random);
    const auto wanted = reference(table);
    for (const std::size_t chunk_bytes : {std::size_t{1}, 1 + below(random, 200), std::size_t{1} << 20}) {
      EXPECT_EQ(in_chunks(table, csv, chunk_bytes, 1 + below(random, 4)), wanted) << "seed " << seed << "\n" << csv;
    }
  }
}

TEST(Discover, SaysTheSameHoweverManyWorkersThereAre) {
  Random random(1);
  std::string csv;
  for (int i = 0; i < 200'000; ++i) {
    csv += fmt::format("{},{},x{}\n", i, i == 150'000 ? "1.5" : "1", i);
  }
  std::optional<std::vector<std::string>> first;
  for (const unsigned workers : {1U, 2U, 5U}) {
    const staging::Input inputs[] = {input_of(csv)};
    const auto found = discover(
        inputs, {.shape = CsvShape{.fields = 3}, .names = {"a", "b", "c"}, .memory = 1, .workers = workers}, {});
    std::vector<std::string> said = described(found);
    for (const Column& column : found.columns) said.push_back(column.why);
    EXPECT_EQ(said[4], "'1.5' in f.csv line 150001 has a point");
    if (!first) first = said;
    EXPECT_EQ(said, *first);
  }
}

}  // namespace
}  // namespace penstock::discovery
