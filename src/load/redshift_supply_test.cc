#include "load/redshift_supply.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(RedshiftAddress, HasATableBehindTwoColonsOfTheDatabaseOnly) {
  struct Case {
    const char* source = "";
    const char* uri = "";
    std::optional<std::string> table;
  };
  for (const Case& c :
       {Case{"redshift://", "redshift://", {}}, Case{"redshift://::web.users", "redshift://", "web.users"},
        Case{"redshift://u:p@h:5439/db::web.users", "redshift://u:p@h:5439/db", "web.users"},
        Case{"redshift://u:p@h/db?sslmode=disable::users", "redshift://u:p@h/db?sslmode=disable", "users"},
        Case{"redshift://u:p@h/db::users?sslmode=disable", "redshift://u:p@h/db?sslmode=disable", "users"},
        Case{"redshift://u:p::q@h/db", "redshift://u:p::q@h/db", {}},
        Case{"redshift://u@[::1]:5439/db", "redshift://u@[::1]:5439/db", {}},
        Case{"redshift://u@[::1]/db::s.t", "redshift://u@[::1]/db", "s.t"}}) {
    const RedshiftAddress address = read_redshift_address(c.source);
    EXPECT_EQ(address.uri, c.uri);
    EXPECT_EQ(address.table, c.table) << c.source;
  }
}

std::vector<std::string> problems(std::vector<std::string> sources, UpsertOptions options) {
  options.sources = std::move(sources);
  options.into = "web.users";
  options.key = {"id"};
  return problems_of(options);
}

TEST(UpsertOptionsOfRedshift, SayWhatToReadAndNothingOfFiles) {
  EXPECT_THAT(problems({"redshift://"}, {.query = "SELECT 1 AS id"}), IsEmpty());
  EXPECT_THAT(problems({"redshift://::web.raw"}, {}), IsEmpty());
  EXPECT_THAT(problems({"redshift://"}, {}), ElementsAre(HasSubstr("--query")));
  EXPECT_THAT(problems({"redshift://::"}, {}), ElementsAre(HasSubstr("--query")));
  EXPECT_THAT(problems({"redshift://::web.raw"}, {.query = "SELECT 1"}), ElementsAre(HasSubstr("exclude each other")));
  EXPECT_THAT(problems({"redshift://", "a.csv"}, {.query = "SELECT 1"}), ElementsAre(HasSubstr("the only source")));
  EXPECT_THAT(problems({"a.csv"}, {.query = "SELECT 1"}), ElementsAre(HasSubstr("--query needs")));
  EXPECT_THAT(
      problems({"redshift://"}, {.query = "SELECT 1",
                                 .duplicates = Duplicates::last,
                                 .format = SourceFormat::csv,
                                 .columns = {"id"},
                                 .delimiter = ';',
                                 .quote = '\'',
                                 .null_as = "NA",
                                 .empty_as_null = true}),
      ElementsAre(HasSubstr("--empty-as-null"), HasSubstr("--format"), HasSubstr("--columns"), HasSubstr("--delimiter"),
                  HasSubstr("--quote"), HasSubstr("--null-as"), HasSubstr("--order-by")));
  EXPECT_THAT(problems({"redshift://u:canary@h:port/db"}, {.query = "SELECT 1"}),
              ElementsAre(AllOf(HasSubstr("port"), Not(HasSubstr("canary")))));
}

}  // namespace
}  // namespace penstock
