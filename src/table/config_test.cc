#include "table/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock::table {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string refusal_of(std::string_view yaml) {
  try {
    parse_config(yaml, "c.yml");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid);
    return e.what();
  }
  return "(taken)";
}

constexpr char kPages[] = R"yml(pages:
  dest: Pages
  columns:
    - {dest: id, type: bigint, notnull: true, primarykey: true, distkey: true, sortord: 2}
    - dest: "Seen At"
      type: timestamp
      defaultval: "2000-01-01"
      sortord: 1
    - {dest: name, type: varchar(20), defaultval: "", notnull: false, primarykey: false, distkey: false, sortord: 0}
    - {dest: price, type: "numeric(8,2)", defaultval: 1.5}
  meta: {datadatecolumn: seen at, schema: api_hits}
)yml";

TEST(Config, ReadsATableWhole) {
  const auto tables = parse_config(kPages, "c.yml");
  ASSERT_EQ(tables.size(), 1U);
  const TableConfig& table = tables[0];
  EXPECT_EQ(table.schema, "api_hits");
  EXPECT_EQ(table.name, "pages") << "as Redshift folds it";
  EXPECT_EQ(table.data_date_column, "seen at");
  ASSERT_EQ(table.columns.size(), 4U);
  const ColumnConfig& id = table.columns[0];
  EXPECT_EQ(id.name, "id");
  EXPECT_EQ(id.type, "bigint");
  EXPECT_TRUE(id.not_null && id.primary_key && id.dist_key);
  EXPECT_EQ(id.sort_order, 2);
  const ColumnConfig& seen = table.columns[1];
  EXPECT_EQ(seen.name, "seen at");
  EXPECT_EQ(seen.type, "timestamp without time zone");
  EXPECT_EQ(seen.written_type, "timestamp");
  EXPECT_EQ(seen.default_value, "2000-01-01");
  EXPECT_EQ(table.columns[2].default_value, std::nullopt) << "an empty default is none";
  EXPECT_FALSE(table.columns[2].not_null);
  EXPECT_EQ(table.columns[3].default_value, "1.5");
}

TEST(Config, APrimaryKeyIsNotNull) {
  const auto tables = parse_config(
      "t: {dest: t, columns: [{dest: a, type: date, primarykey: yes}], meta: {datadatecolumn: a, schema: s}}", "c.yml");
  EXPECT_TRUE(tables.at(0).columns.at(0).not_null);
}

TEST(Config, ReadsSeveralTablesAndFindsTheOneWanted) {
  const std::string one = "{dest: one, columns: [{dest: d, type: date}], meta: {datadatecolumn: d, schema: s}}";
  const std::string two = "{dest: two, columns: [{dest: d, type: date}], meta: {datadatecolumn: d, schema: s}}";
  const auto tables = parse_config("a: " + one + "\nb: " + two + "\n", "c.yml");
  EXPECT_EQ(find_table(tables, "S", "TWO", "c.yml").name, "two") << "case is Redshift's: none";
  try {
    find_table(tables, "s", "three", "c.yml");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid);
    EXPECT_STREQ(e.what(), "c.yml: no table s.three in it; there is s.one, s.two");
  }
  EXPECT_THAT(refusal_of("a: " + one + "\nb: " + one + "\n"), HasSubstr("c.yml:2:1: the table s.one is here twice"));
}

TEST(Config, TellsAllProblemsAtOnceWithLineAndColumn) {
  const std::string refusal = refusal_of(R"(pages:
  dest: pages
  colour: red
  columns:
    - {dest: id, type: itn, notnull: maybe}
    - {dest: ID, type: int, defaultval: x}
    - {type: date}
    - {dest: d, typ: date}
    - {dest: xmin, type: date}
  meta: {datadatecolumn: nothing}
views:
  dest: views
)");
  EXPECT_THAT(
      refusal,
      AllOf(StartsWith("c.yml:3:3: pages: unknown key 'colour'; known are dest, columns, meta\n"),
            HasSubstr("c.yml:5:24: pages.columns[1].type: 'itn' is no type of Redshift's"),
            HasSubstr("c.yml:5:38: pages.columns[1].notnull: expected true or false, and found 'maybe'"),
            HasSubstr("c.yml:6:7: the column id is here twice"),
            HasSubstr("c.yml:6:41: pages.columns[2].defaultval: 'x' is no whole number"),
            HasSubstr("c.yml:7:7: pages.columns[3]: no dest"),
            HasSubstr("c.yml:8:17: pages.columns[4]: unknown key 'typ'"),
            HasSubstr("c.yml:8:7: pages.columns[4]: no type"),
            HasSubstr("c.yml:9:14: pages.columns[5].dest: every table"), HasSubstr("c.yml:10:9: pages.meta: no schema"),
            HasSubstr("c.yml:10:26: pages.meta.datadatecolumn: 'nothing' is not among the columns"),
            HasSubstr("c.yml:11:1: views: no columns")));
}

TEST(Config, ChecksKeysOverAllColumns) {
  const auto columns = [](const std::string& list) {
    return refusal_of("t:\n  dest: t\n  columns:\n" + list + "  meta: {datadatecolumn: a, schema: s}\n");
  };
  EXPECT_THAT(columns("    - {dest: a, type: date, distkey: true}\n    - {dest: b, type: int, distkey: true}\n"),
              HasSubstr("c.yml:5:37: distkey: a table has one distribution key, and a is it already"));
  EXPECT_THAT(columns("    - {dest: a, type: date, sortord: 1}\n    - {dest: b, type: int, sortord: 1}\n"),
              HasSubstr("c.yml:5:37: sortord: 1 is already a's"));
  EXPECT_THAT(columns("    - {dest: a, type: date, sortord: 1}\n    - {dest: b, type: int, sortord: 3}\n"),
              HasSubstr("sortord: there is a 3 and no 2"));
  EXPECT_THAT(columns("    - {dest: a, type: date, sortord: -1}\n"), HasSubstr("expected a place in the sort key"));
  EXPECT_THAT(columns("    - {dest: a, type: date}\n    - {dest: b, type: super, sortord: 1}\n"),
              HasSubstr("a super can be neither distkey nor in the sort key"));
  EXPECT_THAT(columns("    - {dest: a, type: int}\n"), HasSubstr("must be a date, timestamp or timestamptz"));
  EXPECT_THAT(columns("    []\n"), HasSubstr("found an empty one"));
  EXPECT_EQ(columns("    - {dest: a, type: timestamptz}\n"), "(taken)");
}

TEST(Config, RefusesNamesThatRedshiftCantHold) {
  const auto named = [](const std::string& name) {
    return refusal_of("t: {dest: t, columns: [{dest: " + name +
                      ", type: date}, {dest: d, type: date}], "
                      "meta: {datadatecolumn: d, schema: s}}");
  };
  EXPECT_EQ(named("\"a \\\" ' ; -- %s \\n \u00fc\""), "(taken)") << "odd, but a name";
  EXPECT_THAT(named(std::string(128, 'x')), HasSubstr("128 bytes"));
  EXPECT_THAT(named("\"a\\0b\""), HasSubstr("NUL"));
  EXPECT_THAT(named("\"\""), HasSubstr("expected text, and found an empty one"));
  EXPECT_THAT(named("[x]"), HasSubstr("expected text, and found a list"));
  EXPECT_THAT(named("~"), HasSubstr("expected text, and found nothing"));
}

TEST(Config, RefusesWhatYamlCanButAConfigNeedNot) {
  EXPECT_THAT(refusal_of("a: &x {dest: t}\nb: *x\n"),
              AllOf(HasSubstr("c.yml:1:4: anchors (&name) are not taken"), HasSubstr("c.yml:2:4: aliases (*name)")));
  EXPECT_THAT(refusal_of("t: {dest: t, dest: u}\n"), HasSubstr("c.yml:1:14: the key 'dest' is here twice"));
  EXPECT_THAT(refusal_of("t: !!python/object:os.system {}\n"), HasSubstr("the tag"));
  EXPECT_THAT(refusal_of("? [a]\n: b\n"), HasSubstr("a key must be a plain word"));
  EXPECT_THAT(refusal_of("---\na: {}\n---\nb: {}\n"), HasSubstr("a second document"));
  EXPECT_THAT(refusal_of("a: 1\nb: *nowhere\n"), StartsWith("c.yml:2:"));
}

TEST(Config, RefusesWhatIsNotYaml) {
  EXPECT_THAT(refusal_of("a: {b: [c\nd: e"), AllOf(StartsWith("c.yml:"), HasSubstr("not YAML")));
  EXPECT_THAT(refusal_of("a: b: c"), StartsWith("c.yml:1:"));
  EXPECT_THAT(refusal_of(""), HasSubstr("expected tables"));
  EXPECT_THAT(refusal_of("# nothing\n"), HasSubstr("expected tables"));
  EXPECT_THAT(refusal_of("- a\n"), HasSubstr("found a list"));
  EXPECT_THAT(refusal_of("just words"), HasSubstr("found 'just words'"));
  EXPECT_THAT(refusal_of("a: \xff\n"), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal_of("a: {}\n\x04 b: {}\n"), HasSubstr("c.yml:2:1: a control character (0x04)"))
      << "yaml-cpp would end there";
  EXPECT_THAT(refusal_of("{\"id\": 1}\n{\"id\": 2}\n"), StartsWith("c.yml:")) << "data where a config was meant";
}

TEST(Config, IsBoundedInDepthSizeAndProblems) {
  EXPECT_THAT(refusal_of("a: " + std::string(500'000, '[')), HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(refusal_of(std::string(500'000, '{')), HasSubstr("nested deeper"));
  std::string dashes;
  for (int i = 0; i < 200'000; ++i) dashes += "- ";
  EXPECT_THAT(refusal_of(dashes), HasSubstr("nested deeper"));
  std::string questions;
  for (int i = 0; i < 200'000; ++i) questions += "? ";
  EXPECT_THAT(refusal_of(questions), HasSubstr("nested deeper"));
  EXPECT_THAT(refusal_of(std::string((1 << 20) + 1, ' ')), HasSubstr("1048577 bytes"));
  std::string commas = "[";
  for (int i = 0; i < 400'000; ++i) commas += "1,";
  EXPECT_THAT(refusal_of(commas), HasSubstr("more than 100000 values"));
  std::string wrong = "t:\n";
  for (int i = 0; i < 500; ++i) wrong += "  k" + std::to_string(i) + ": 1\n";
  EXPECT_THAT(refusal_of(wrong), HasSubstr("\nand 403 more"));
}

TEST(Config, ShowsNoControlCharacters) {
  EXPECT_THAT(refusal_of("t: {\"\\e[2J\": 1}"), AllOf(HasSubstr("\\x1b[2J"), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace penstock::table
