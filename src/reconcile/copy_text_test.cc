#include "reconcile/copy_text.h"

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

TEST(CopyText, NamesItsTableAsItIsWritten) {
  struct Case {
    const char* statement;
    const char* table;
  };
  for (const auto& [statement, table] : {
           Case{"COPY web.views FROM 's3://b/k' IAM_ROLE default", "web.views"},
           Case{"copy Views from 's3://b/k'", "views"},
           Case{R"(COPY "Web"."my ""own"" views" (a, "from") FROM 's3://b/k' CSV)", R"(web.my "own" views)"},
           Case{"COPY dev.web.views(a,b)FROM's3://b/k'", "web.views"},
           Case{"/* by /* the */ tool */ -- nightly\\nCOPY\\nweb . views FROM 's3://b/k'", "web.views"},
           Case{"\n\tCOPY #stage FROM 's3://b/k'", "#stage"},
       }) {
    EXPECT_EQ(read_copy(statement).table, table) << statement;
    EXPECT_TRUE(read_copy(statement).is_copy) << statement;
    EXPECT_FALSE(read_copy(statement).is_noload) << statement;
  }
  EXPECT_FALSE(read_copy("SELECT 'COPY t'").is_copy);
  EXPECT_FALSE(read_copy("").is_copy);
}

TEST(CopyText, IsNoloadByTheOptionAlone) {
  for (const char* statement : {"COPY t FROM 's3://b/k' CSV NOLOAD", "copy t from 's3://b/k' noload csv",
                                "COPY t FROM 's3://b/it''s \\' k' NOLOAD", "COPY t FROM 's3://b/k'\\nNOLOAD",
                                "COPY t FROM 's3://b/k' /* x */NOLOAD--"}) {
    EXPECT_TRUE(read_copy(statement).is_noload) << statement;
  }
  for (const char* statement : {"COPY noload FROM 's3://b/k'", "COPY t (noload) FROM 's3://b/k'",
                                "COPY t FROM 's3://b/ NOLOAD '", "COPY t FROM 's3://b/k' -- NOLOAD",
                                "COPY t FROM 's3://b/k' /* NOLOAD */ CSV", "COPY t (\"from\", noload) FROM 's3://b/k'",
                                "COPY t FROM 's3://b/k' NULL AS 'NOLOAD'", "COPY t FROM 's3://b/it\\' NOLOAD '"}) {
    EXPECT_FALSE(read_copy(statement).is_noload) << statement;
  }
}

TEST(TransactionEnd, IsWhatTheFirstWordSays) {
  for (const char* text : {"COMMIT", "commit work;", "END", "end transaction", "/* a */ Commit", "--x\\nCOMMIT;"}) {
    EXPECT_EQ(read_end(text), TransactionEnd::commit) << text;
  }
  for (const char* text : {"ROLLBACK", "abort", " rollback work"}) {
    EXPECT_EQ(read_end(text), TransactionEnd::rollback) << text;
  }
  for (const char* text : {"BEGIN", "SET query_group TO 'COMMIT'", "", "COMMITTED", "-- COMMIT"}) {
    EXPECT_EQ(read_end(text), TransactionEnd::none) << text;
  }
}

}  // namespace
}  // namespace penstock::reconcile
