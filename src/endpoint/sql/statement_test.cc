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

TEST(SqlErrors, GiveRedshiftsErrorBlockAsTheDetail) {
  const SqlError error =
      redshift_error("The specified S3 prefix 'a/b' does not exist", 8001, "", 634029, "s3_utility.cpp:568");
  EXPECT_EQ(error.sqlstate, "XX000");
  EXPECT_THAT(error.detail, HasSubstr("\n  error:  The specified S3 prefix 'a/b' does not exist\n  code:      8001\n"
                                      "  context:   \n  query:     634029\n  location:  s3_utility.cpp:568\n"));
}

}  // namespace
}  // namespace penstock::endpoint
