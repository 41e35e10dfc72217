#include "endpoint/wire/last_ids.h"

#include <gmock/gmock.h>

namespace penstock::endpoint {
namespace {

using testing::HasSubstr;

constexpr auto* kAsking = "select pg_last_copy_id()";

TEST(LastIds, SayNothingBeforeThereIsAnythingToSay) {
  EXPECT_FALSE(LastIds().must_tell(kAsking));
  LastIds ids;
  ids.transaction_ended(false);
  EXPECT_FALSE(ids.must_tell(kAsking));
}

TEST(LastIds, TellACopyAtOnceAndAQueryWhenAsked) {
  LastIds ids;
  ids.query_done(7);
  EXPECT_FALSE(ids.must_tell("select 1 from t"));
  EXPECT_TRUE(ids.must_tell("select PG_LAST_QUERY_ID()"));
  ids.told();
  ids.copy_done(8, 100);
  EXPECT_TRUE(ids.must_tell("select 1 from t"));
  EXPECT_THAT(ids.telling(), HasSubstr("'penstock.last_copy_id', '8'"));
  EXPECT_THAT(ids.telling(), HasSubstr("'penstock.last_copy_count', '100'"));
  EXPECT_THAT(ids.telling(), HasSubstr("'penstock.last_query_id', '8'"));
}

TEST(LastIds, ACopyThatFailedOnItsDataOutlivesTheRollback) {
  LastIds ids;
  ids.copy_done(8, 100);
  ids.transaction_ended(true);
  ids.copy_failed(9);
  ids.told();
  ids.transaction_ended(false);
  EXPECT_TRUE(ids.must_tell(kAsking)) << "PostgreSQL has forgotten it";
  EXPECT_THAT(ids.telling(), HasSubstr("'penstock.last_copy_id', '9'"));
  EXPECT_THAT(ids.telling(), HasSubstr("'penstock.last_copy_count', '0'"));
}

TEST(LastIds, ACopyThatWasRolledBackNeverWas) {
  LastIds ids;
  ids.copy_done(8, 100);
  ids.transaction_ended(true);
  ids.copy_done(9, 5);
  ids.transaction_ended(false);
  EXPECT_THAT(ids.telling(), HasSubstr("'penstock.last_copy_id', '8'"));
  EXPECT_THAT(ids.telling(), HasSubstr("'penstock.last_copy_count', '100'"));
}

TEST(LastIds, OnlyTheLeaderAnswersASelectWithoutTables) {
  EXPECT_TRUE(is_leader_only("select 1"));
  EXPECT_TRUE(is_leader_only("select relname from pg_class"));
  EXPECT_TRUE(is_leader_only("select pg_last_query_id() from t"));
  EXPECT_FALSE(is_leader_only("select count(*) from t"));
  EXPECT_FALSE(is_leader_only("insert into t values (1)"));
}

}  // namespace
}  // namespace penstock::endpoint
