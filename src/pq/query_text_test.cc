#include "pq/query_text.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::pq {
namespace {

TEST(BareQuery, EndsWithItsLastWord) {
  for (const char* behind : {"", ";", " ; \n", "; -- all", " -- all", " -- a; b\n;", "; /* all */",
                             " /* a /* b */ ; */ ;\t", ";--\r\n;/**/ ;", " -- it's", " /* \" */", "; -- $$"}) {
    for (const char* query :
         {"select 1", "select ';'", "select 'it''s; -- it'", "select \";\"", "select \"a\"\"; --\"", "select $$; -- $$",
          "select $a$ $$ ; $b$ /* $a$", "select E'\\'; --'", "select 1 -- one\n + 1", "select /* ; */ 1",
          "select a$b$ from c$b$", "select $1", "select 2-1", "select 4/2", "select 'ü;'"}) {
      EXPECT_EQ(bare_query(std::string(query) + behind, Backslash::plain), query) << behind;
    }
  }
  EXPECT_EQ(bare_query(" ; -- nothing\n /* at all */", Backslash::plain), "");
}

TEST(BareQuery, KeepsWhatTheServerIsToComplainOf) {
  for (const char* query :
       {"select 1; select 2", "select ';", "select \"; --", "select $$;", "select 1 /* ; /* */", "; select 1"})
    EXPECT_EQ(bare_query(query, Backslash::plain), query);
}

TEST(BareQuery, EndsATextWhereTheServerEndsIt) {
  const std::string query = R"(select 'a\'; -- ')";
  EXPECT_EQ(bare_query(query, Backslash::plain), R"(select 'a\')");
  EXPECT_EQ(bare_query(query, Backslash::escapes), query);
  EXPECT_EQ(bare_query(R"(select "a\"; -- ")", Backslash::escapes), R"(select "a\")");
}

}  // namespace
}  // namespace penstock::pq
