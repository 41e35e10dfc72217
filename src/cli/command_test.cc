#include "cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace penstock::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::optional<std::string> nothing_set(std::string_view) { return std::nullopt; }

// penstock greet --name N [--loud], and penstock pets feed
class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    Command greet = program_.add("greet", "says hello", "penstock greet --name you",
                                 [this](const Environment&, Problems& problems) -> cli::Run {
                                   if (name_.empty()) problems.add("--name is missing");
                                   return [](const Session&) { return 7; };
                                 });
    greet.add_option("--name", name_, "whom to greet");
    greet.add_flag("--loud", loud_, "shout");
    const Command pets = program_.add_group("pets", "looks after them");
    program_.add(pets, "feed", "gives them food", "penstock pets feed",
                 [](const Environment&, Problems&) -> cli::Run { return [](const Session&) { return 0; }; });
  }

  Program::Parsed parse(std::vector<std::string> arguments) {
    return program_.parse(std::move(arguments), nothing_set);
  }

  Program program_{"1.2.3"};
  std::string name_;
  bool loud_ = false;
};

TEST_F(CommandTest, RunsWhatWasNamed) {
  const auto parsed = parse({"greet", "--name", "you", "--loud=true", "-v"});
  EXPECT_THAT(parsed.problems.lines(), IsEmpty());
  EXPECT_EQ(parsed.command, "penstock greet");
  EXPECT_TRUE(parsed.verbose);
  EXPECT_TRUE(loud_);
  ASSERT_TRUE(parsed.run);
}

TEST_F(CommandTest, TellsAllProblemsAtOnce) {
  EXPECT_THAT(parse({"greet", "--nmae=you", "-x", "extra"}).problems.lines(),
              ElementsAre("no such option: '--nmae=you'", "no such option: '-x'", "unexpected argument: 'extra'",
                          "--name is missing"));
}

TEST_F(CommandTest, NamesTheCommandsThatAGroupHas) {
  EXPECT_THAT(parse({"pets"}).problems.lines(), ElementsAre("a command is needed, one of: feed"));
  EXPECT_THAT(parse({}).problems.lines(), ElementsAre("a command is needed, one of: greet, pets"));
  EXPECT_THAT(parse({"gret"}).problems.lines(),
              ElementsAre("unexpected argument: 'gret'", "a command is needed, one of: greet, pets"));
  EXPECT_EQ(parse({"pets", "feed"}).command, "penstock pets feed");
}

TEST_F(CommandTest, HelpEndsWithAnExampleAndVersionIsOneLine) {
  EXPECT_THAT(parse({"greet", "--help"}).text, HasSubstr("Example:\n  penstock greet --name you"));
  EXPECT_THAT(parse({"--help"}).text, HasSubstr("greet"));
  EXPECT_EQ(parse({"--version"}).text, "penstock 1.2.3\n");
}

TEST_F(CommandTest, TakesLongOptionsWithOneDashAsTheWorkerDid) {
  EXPECT_THAT(parse({"greet", "-name=you", "-loud=true"}).problems.lines(), IsEmpty());
  EXPECT_EQ(name_, "you");
  EXPECT_TRUE(loud_);
  EXPECT_THAT(parse({"greet", "-nmae=you"}).problems.lines(), Contains("no such option: '-nmae=you'"));
}

TEST_F(CommandTest, AnOptionWithoutItsValueIsAProblemAndNotACrash) {
  EXPECT_THAT(parse({"greet", "--name"}).problems.lines(), ElementsAre(HasSubstr("--name")));
}

}  // namespace
}  // namespace penstock::cli
