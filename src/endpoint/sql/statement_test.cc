#include "endpoint/sql/statement.h"

#include <gmock/gmock.h>

#include "endpoint/sql/rules.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(SplitStatements, CutsAtSemicolonsOutsideOfLiteralsAndComments) {
  EXPECT_THAT(split_statements("select 1; select ';' ;/* a;b */ select 2 -- ;\n;"),
              ElementsAre("select 1", "select ';'", "/* a;b */ select 2 -- ;"));
  EXPECT_THAT(split_statements(" ;; -- nothing\n ; "), IsEmpty());
  EXPECT_THAT(split_statements(""), IsEmpty());
  EXPECT_THAT(split_statements("select $$a;b$$; select 'cut"), ElementsAre("select $$a;b$$", "select 'cut"));
}

TEST(Recognise, RefusesASecondStatementBehindTheFirst) {
  EXPECT_THROW(recognise("select 1; drop table t"), SqlError);
  EXPECT_NO_THROW(recognise("select 1;; "));
}

TEST(Recognise, NeverLogsACredential) {
  for (const std::string_view statement :
       {"copy t from 's3://b/k' credentials 'aws_access_key_id=A;aws_secret_access_key=hush' csv",
        "copy t from 's3://b/k' with credentials as 'aws_access_key_id=A;aws_secret_access_key=hush'",
        "copy t from 's3://b/k' access_key_id 'A' secret_access_key 'hush' session_token 'hush'",
        "copy t from 's3://b/k' access_key_id 'A' secret_access_key as 'hush' token $$hush$$"}) {
    EXPECT_THAT(recognise(statement).logged_text, Not(HasSubstr("hush"))) << statement;
  }
}

TEST(Recognise, NeverShowsACredentialInAnError) {
  for (const std::string_view statement :
       {"copy t from 's3://b/k' credentials 'hush'", "copy t from 's3://b/k' credentials 'a=b' 'hush'",
        "copy t from 's3://b/k' access_key_id 'hush'", "copy t from 's3://b/k' credentials 'hush"}) {
    try {
      recognise(statement);
      ADD_FAILURE() << statement;
    } catch (const SqlError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("hush"))) << statement;
    }
  }
}

TEST(MatchWords, KnowsOptionalWordsAndAlternatives) {
  const auto matched = [](std::string_view words, std::string_view sql) { return match_words(words, lex(sql)); };
  EXPECT_EQ(matched("CREATE [LOCAL] [TEMP|TEMPORARY] TABLE", "create table t"), 2U);
  EXPECT_EQ(matched("CREATE [LOCAL] [TEMP|TEMPORARY] TABLE", "create local temporary table t"), 4U);
  EXPECT_EQ(matched("CREATE [LOCAL] [TEMP|TEMPORARY] TABLE", "create view t"), std::nullopt);
  EXPECT_EQ(matched("BEGIN", ""), std::nullopt);
}

std::string passed_on(std::string_view sql) { return std::get<PassThrough>(recognise(sql).action).sql; }

std::string repeated(std::string_view text, std::size_t times, std::string_view between = "") {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    if (i > 0) out += between;
    out += text;
  }
  return out;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

// Minutes, if what is done for an edit grew with the edits before it.
TEST(Recognise, TakesAStatementOfMegabytesFullOfCastsAndFunctions) {
  constexpr std::size_t kRows = 100'000;
  const auto sql = passed_on("INSERT INTO t VALUES " +
                             repeated("(NVL(1, CAST('2' AS nvarchar(9))), DATEADD(day, 1, SYSDATE), '3'::decimal, "
                                      "'a long literal, that sixteen megabytes come together: 0123456789')",
                                      kRows, ","));
  EXPECT_GT(sql.size(), 16U << 20);
  EXPECT_EQ(count(sql, "coalesce(1, CAST('2' AS varchar(9)"), kRows) << sql.substr(0, 400);
  EXPECT_EQ(count(sql, "pg_catalog.date_add('day', 1, pg_catalog.sysdate())"), kRows);
  EXPECT_EQ(count(sql, "'3'::numeric(18,0)"), kRows);
  EXPECT_EQ(count(passed_on("SELECT " + repeated("median(a)", 50'000, ", ") + " FROM t"), "median(a)"), 50'000U);
}

TEST(Recognise, RefusesExpressionsThatWouldOutgrowTheMemory) {
  const auto error_of = [](const std::string& sql) -> std::string {
    try {
      recognise(sql);
      return "none";
    } catch (const SqlError& error) {
      return error.sqlstate;
    }
  };
  // Each DECODE has its value twice.
  const auto decode = [](std::size_t deep) {
    return "SELECT " + repeated("DECODE(", deep) + "1" + repeated(", 1, 2, 3, 4)", deep);
  };
  EXPECT_EQ(error_of(decode(10)), "none");
  EXPECT_EQ(error_of(decode(60)), "54000");
  EXPECT_EQ(error_of("SELECT " + repeated("max(", 5'000) + "1" + repeated(")", 5'000)), "none");
  EXPECT_EQ(error_of("SELECT " + repeated("max(", 1'000'000) + "1" + repeated(")", 1'000'000)), "54001");
}

TEST(SqlErrors, GiveRedshiftsErrorBlockAsTheDetail) {
  const SqlError error =
      redshift_error("The specified S3 prefix 'a/b' does not exist", 8001, "", 634029, "s3_utility.cpp:568");
  EXPECT_EQ(error.sqlstate, "XX000");
  EXPECT_THAT(error.detail, HasSubstr("\n  error:  The specified S3 prefix 'a/b' does not exist\n  code:      8001\n"
                                      "  context:   \n  query:     634029\n  location:  s3_utility.cpp:568\n"));
}

}  // namespace
}  // namespace penstock::endpoint
