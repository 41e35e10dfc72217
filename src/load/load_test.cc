#include "penstock/load.h"

#include <gmock/gmock.h>

namespace penstock {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

LoadOptions sensible() { return {.schema = "api_hits", .tables = {"pages", "sessions"}, .bucket = "analytics"}; }

TEST(LoadOptions, AreSensibleWithASchemaTablesAndABucket) { EXPECT_THAT(problems_of(sensible()), IsEmpty()); }

TEST(LoadOptions, HaveAllTheirProblemsNamedAtOnce) {
  const LoadOptions options{.date = std::chrono::sys_time<std::chrono::microseconds>(),
                            .catch_up = true,
                            .truncate = true,
                            .force = true,
                            .timezone = "Mars/Olympus",
                            .delimiter = '\n',
                            .lock_timeout = std::chrono::seconds(0)};
  const auto problems = problems_of(options);
  for (const char* option : {"--schema", "--tables", "--bucket", "--date", "--truncate", "--force", "--timezone",
                             "--delimiter", "--lock-timeout"}) {
    EXPECT_THAT(problems, Contains(HasSubstr(option)));
  }
}

TEST(LoadOptions, NameEachTableOnceHoweverItIsSpelled) {
  LoadOptions options = sensible();
  options.tables = {"pages", "Pages"};
  EXPECT_THAT(problems_of(options), ElementsAre(HasSubstr("Pages twice")));
}

TEST(LoadOptions, HaveNamesThatRedshiftTakesWhole) {
  LoadOptions options = sensible();
  options.tables = {std::string(127, 'x')};
  EXPECT_THAT(problems_of(options), IsEmpty());
  options.tables = {std::string(128, 'x'), "\xFF", std::string("a\0b", 3)};
  EXPECT_THAT(problems_of(options), SizeIs(3));
}

LoadSummary summary_of(std::initializer_list<std::optional<ErrorKind>> errors) {
  LoadSummary summary;
  for (const auto& error : errors) {
    TableOutcome outcome;
    outcome.status = error ? LoadStatus::failed : LoadStatus::loaded;
    outcome.error = error;
    summary.tables.push_back(outcome);
  }
  return summary;
}

TEST(ExitCode, IsTheWorstOfAllTables) {
  EXPECT_EQ(exit_code(summary_of({})), 0);
  EXPECT_EQ(exit_code(summary_of({std::nullopt, std::nullopt})), 0);
  EXPECT_EQ(exit_code(summary_of({std::nullopt, ErrorKind::not_found})), 1);
  EXPECT_EQ(exit_code(summary_of({ErrorKind::refused, ErrorKind::invalid})), 2);
  EXPECT_EQ(exit_code(summary_of({ErrorKind::invalid, ErrorKind::conflict})), 4);
  EXPECT_EQ(exit_code(summary_of({ErrorKind::conflict, ErrorKind::busy})), 5);
  EXPECT_EQ(exit_code(summary_of({ErrorKind::busy, ErrorKind::cancelled})), 130);
  EXPECT_EQ(exit_code(summary_of({ErrorKind::cancelled, ErrorKind::in_doubt})), 3);
}

}  // namespace
}  // namespace penstock
