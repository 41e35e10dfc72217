#include "redshift/sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <type_traits>

#include "base/text.h"
#include "penstock/error.h"
#include "redshift/connection.h"
#include "redshift/testing/postgres.h"

namespace penstock::redshift {
namespace {

using namespace std::literals;
using testing::HasSubstr;
using testing::Not;

static_assert(!std::is_convertible_v<std::string, Sql>, "text made at run time is no Sql");
static_assert(!std::is_convertible_v<std::string, Statement>);
static_assert(!std::is_convertible_v<std::string_view, Statement>);

std::string refusal_of(auto make) {
  try {
    make();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid) << e.what();
    return e.what();
  }
  return "(taken)";
}

TEST(Identifier, DoublesOnlyItsQuotes) {
  EXPECT_EQ(Identifier("plain").quoted(), "\"plain\"");
  EXPECT_EQ(Identifier("a\"; DROP TABLE x; --").quoted(), "\"a\"\"; DROP TABLE x; --\"");
  EXPECT_EQ(Identifier("a\\b'c\n\u00e9 %").quoted(), "\"a\\b'c\n\u00e9 %\"");
}

TEST(Identifier, RefusesWhatRedshiftCantHoldOrWouldCut) {
  EXPECT_THAT(refusal_of([] { Identifier(""); }), HasSubstr("empty"));
  EXPECT_THAT(refusal_of([] { Identifier("a\0b"sv); }), HasSubstr("NUL"));
  EXPECT_THAT(refusal_of([] { Identifier("a\xff"); }), HasSubstr("UTF-8"));
  EXPECT_NO_THROW(Identifier(std::string(127, 'x')));
  EXPECT_THAT(refusal_of([] { Identifier(std::string(128, 'x')); }), HasSubstr("128 bytes"));
  EXPECT_THAT(refusal_of([] { Identifier(std::string(126, 'x') + "\u00e9"); }), HasSubstr("bytes")) << "not characters";
}

TEST(Literal, DoublesQuotesAndBackslashes) {
  EXPECT_EQ(Literal("").quoted(), "''");
  EXPECT_EQ(Literal("O'Hara").quoted(), "'O''Hara'");
  EXPECT_EQ(Literal("\\").quoted(), "'\\\\'");
  EXPECT_EQ(Literal("\\'; DROP TABLE x; --").quoted(), "'\\\\''; DROP TABLE x; --'");
}

TEST(Literal, RefusesNulAndWhatIsNotUtf8) {
  EXPECT_THAT(refusal_of([] { Literal("a\0b"sv); }), HasSubstr("NUL"));
  EXPECT_THAT(refusal_of([] { Literal("\xc0\xa7"); }), HasSubstr("UTF-8")) << "an overlong quote";
}

TEST(Statement, ShowsSecretsAsStars) {
  const Statement statement = Sql("CALL f(") << SecretLiteral(Secret("hun'ter2")) << ", " << Literal("x") << ", " << 7
                                             << ", " << Qualified{"s", "t"} << ")";
  EXPECT_EQ(statement.text(), "CALL f('hun''ter2', 'x', 7, \"s\".\"t\")");
  EXPECT_EQ(statement.shown(), "CALL f('***', 'x', 7, \"s\".\"t\")");
  EXPECT_EQ((Sql("(") << statement << ")").shown(), "(CALL f('***', 'x', 7, \"s\".\"t\"))");
}

TEST(Statement, MasksItsSecretsInWhatAServerSays) {
  const Statement statement = Sql("SELECT ") << SecretLiteral(Secret("hun'ter\\2"));
  EXPECT_EQ(statement.masked("near \"hun'ter\\2\""), "near \"***\"");
  EXPECT_EQ(statement.masked("LINE 1: SELECT 'hun''ter\\\\2'"), "LINE 1: SELECT '***'");
  EXPECT_EQ((Statement("-- ") << statement).masked("hun'ter\\2"), "***") << "of its parts, too";
  EXPECT_EQ((Sql("SELECT ") << SecretLiteral(Secret())).masked("abc"), "abc") << "an empty one is nowhere";
}

TEST(Statement, RefusesASecretWithoutShowingIt) {
  EXPECT_THAT(refusal_of([] { SecretLiteral(Secret("hunter2\xff")); }), Not(HasSubstr("hunter2")));
}

TEST(Fill, ReplacesPlaceholdersAndNothingElse) {
  const Statement filled = fill(Sql("-- :a is text\nSELECT/* :a */ ':a', \":a\", x::int4, :a, :ab FROM t LIMIT :n;"),
                                {{"a", Literal(":ab")}, {"ab", Identifier("b")}, {"n", 3}});
  EXPECT_EQ(filled.text(), "SELECT  ':a', \":a\", x::int4, ':ab', \"b\" FROM t LIMIT 3;");
  EXPECT_EQ(fill(Sql("SELECT :s"), {{"s", SecretLiteral(Secret("x"))}}).shown(), "SELECT '***'");
}

TEST(Fill, RefusesAPlaceholderWithoutValueAndAValueWithoutPlaceholder) {
  EXPECT_THROW(fill(Sql("SELECT :a"), {}), Error);
  EXPECT_THROW(fill(Sql("SELECT 1 -- :a"), {{"a", 1}}), Error);
}

TEST(CommaSeparated, JoinsItems) {
  const std::vector<std::string> names = {"a", "b\""};
  EXPECT_EQ(comma_separated(names, [](const std::string& n) { return Identifier(n); }).text(), "\"a\", \"b\"\"\"");
}

// The characters that quoting is about, far more often than chance would have them.
std::string random_text(std::minstd_rand& random, std::size_t max_length) {
  static const std::vector<std::string> kPieces = {"'",   "\\",    "\"", "''", "\\'", "\n",  "\t",     ";",
                                                   "--",  "/*",    "$$", "%",  ":a",  "E'",  "\u00e9", "\U0001F600",
                                                   "\\x", "\\101", "a",  "0",  " ",   "\x7f"};
  std::string text;
  const auto length = std::uniform_int_distribution<std::size_t>(1, max_length)(random);
  for (std::size_t i = 0; i < length; ++i) {
    text += kPieces[std::uniform_int_distribution<std::size_t>(0, kPieces.size() - 1)(random)];
  }
  return text;
}

TEST(Quoting, RoundTripsAnyTextThroughAServerThatReadsBackslashesAsEscapes) {
  const servers::Postgres postgres;
  Connection connection(postgres.config(), {}, silence());
  ASSERT_EQ(connection.execute(Sql("SHOW standard_conforming_strings"), "test").scalar(), "off");
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::minstd_rand random(seed);
  for (int round = 0; round < 300; ++round) {
    const std::string value = random_text(random, 40);
    std::string name = random_text(random, 12);
    while (name.size() > 63) name = random_text(random, 12);  // PostgreSQL's own limit
    const Statement statement = Sql("SELECT ") << Literal(value) << " AS " << Identifier(name) << ", 1";
    const Result result = connection.execute(statement, "test");
    EXPECT_EQ(result.scalar(), value);
    EXPECT_EQ(result.columns.at(0), name);
    EXPECT_EQ(result.rows.at(0).at(1), "1") << "what follows is still syntax";
  }
}

TEST(Quoting, HostileNamesStayNames) {
  const servers::Postgres postgres;
  Connection connection(postgres.config(), {}, silence());
  for (const std::string name :
       {"x\"; DROP TABLE y; --", "select", "a.b", "%s", "a\nb", "'", "\\", "\u00fc\u4e2d", " lead", "$1", ":x"}) {
    const Qualified table{"public", name};
    connection.execute(Sql("CREATE TABLE ") << table << " (" << Identifier(name) << " int)", "create");
    connection.execute(Sql("INSERT INTO ") << table << " (" << Identifier(name) << ") VALUES (1)", "insert");
    EXPECT_EQ(postgres.run("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "1") << name;
    connection.execute(Sql("DROP TABLE ") << table, "drop");
  }
}

TEST(Query, StandsInParenthesesWhateverItEndsIn) {
  EXPECT_EQ(
      (Sql("SELECT * FROM ") << Query("SELECT 'a;\\'' AS a -- why; \n ;\t/* all */") << Sql(" AS q LIMIT 0")).text(),
      "SELECT * FROM (\nSELECT 'a;\\'' AS a\n) AS q LIMIT 0");
  for (const std::string_view no_query : {"", " ;\n", "-- none", "SELECT '\xff'"}) {
    EXPECT_THROW(Query{no_query}, Error) << no_query;
  }
  EXPECT_THROW(Query(std::string_view("SELECT \0 1", 10)), Error);
}

}  // namespace
}  // namespace penstock::redshift
