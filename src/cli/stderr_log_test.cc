#include "cli/stderr_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(StderrLog, WritesTheTimeTheSeverityAndTheText) {
  StderrLog log;
  testing::internal::CaptureStderr();
  log.info("loaded 5 rows {}");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), MatchesRegex("[0-9-]*T[0-9:.]*Z info    loaded 5 rows \\{\\}\n"));
}

TEST(StderrLog, ShowsNothingBelowTheSeverityAskedFor) {
  StderrLog log;
  log.show_from(Severity::warning);
  testing::internal::CaptureStderr();
  log.info("quiet");
  log.warning("loud");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, Not(HasSubstr("quiet")));
  EXPECT_THAT(written, HasSubstr("loud"));
}

TEST(StderrLog, PutsNoControlCharacterOnTheTerminal) {
  StderrLog log;
  testing::internal::CaptureStderr();
  log.error("key \x1b[2J\nand more");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("key \\x1b[2J\n    and more\n"));
}

}  // namespace
}  // namespace penstock::cli
