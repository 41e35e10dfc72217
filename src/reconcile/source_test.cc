#include "reconcile/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"
#include "penstock/reconcile.h"

namespace penstock::reconcile {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string prefix_of(const std::string& source) { return parse_source(source).key; }

TEST(Source, IsAFolderUnlessItEndsInAStar) {
  EXPECT_EQ(prefix_of("s3://lake/f"), "f/");
  EXPECT_EQ(prefix_of("s3://lake/f/"), "f/");
  EXPECT_EQ(prefix_of("s3://lake/f*"), "f");
  EXPECT_EQ(prefix_of("s3://lake/f/*"), "f/");
  EXPECT_EQ(prefix_of("s3://lake/a b%20+/ü"), "a b%20+/ü/") << "nothing is decoded";
}

TEST(Source, IsTheWholeBucketWithoutAKey) {
  EXPECT_EQ(prefix_of("s3://lake"), "");
  EXPECT_EQ(prefix_of("s3://lake/"), "");
  EXPECT_EQ(prefix_of("s3://lake/*"), "");
}

TEST(Source, HasOneStarAtItsEnd) {
  for (const char* source : {"s3://lake/a*b", "s3://lake/a*/", "s3://lake/a**"}) {
    try {
      parse_source(source);
      FAIL() << source;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::invalid);
      EXPECT_THAT(e.what(), HasSubstr(source));
    }
  }
}

TEST(ReconcileOptions, AreWrongAllAtOnce) {
  const Microseconds day{std::chrono::sys_days{std::chrono::year{2014} / 10 / 20}};
  EXPECT_THAT(
      problems_of({.source = "lake/f", .from = day, .to = day, .table = "views"}),
      ElementsAre(HasSubstr("'lake/f'"), HasSubstr("2014-10-20T00:00:00Z"), HasSubstr("'views' is not schema.table")));
  EXPECT_THAT(problems_of({.source = "s3://lake/f", .inventory = "s3://lake/inventory"}),
              Contains(HasSubstr("'s3://lake/inventory'")));
  EXPECT_THAT(problems_of({}), ElementsAre(HasSubstr("s3://bucket/folder")));
  EXPECT_THAT(
      problems_of({.source = "s3://lake/f", .from = day, .to = day + std::chrono::hours(24), .table = "web.views"}),
      IsEmpty());
}

}  // namespace
}  // namespace penstock::reconcile
