#include "load/column_rules.h"

#include <gmock/gmock.h>

#include "penstock/error.h"

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Optional;

redshift::CatalogTable table() {
  return {.schema = "foods",
          .name = "candies",
          .columns = {{.name = "id", .type = "integer", .not_null = true},
                      {.name = "name", .type = "character varying(5)", .not_null = true, .default_expression = "'x'"},
                      {.name = "more", .type = "super"},
                      {.name = "place", .type = "geometry"}}};
}

TEST(ColumnRules, AreTheTablesInTheOrderOfTheCopy) {
  const ColumnRules rules(table(), {"name", "more", "id"}, false);
  EXPECT_EQ(rules.fault_of(0, "abcde"), std::nullopt);
  EXPECT_THAT(rules.fault_of(0, "abcdef"), Optional(HasSubstr("6 bytes")));
  EXPECT_EQ(rules.fault_of(1, "[1]"), std::nullopt);
  EXPECT_TRUE(rules.takes_json(1));
  EXPECT_THAT(rules.fault_of(2, "x"), Optional(HasSubstr("no integer")));
  EXPECT_FALSE(rules.takes_json(2));
}

TEST(ColumnRules, RefuseNullWhereCopyDoes) {
  const ColumnRules rules(table(), {"id", "name", "more"}, false);
  EXPECT_THAT(rules.fault_of(0, std::nullopt), Optional(HasSubstr("NULL")));
  EXPECT_THAT(rules.fault_of(0, "  "), Optional(HasSubstr("NULL"))) << "blanks are NULL for a number";
  EXPECT_THAT(rules.fault_of(1, std::nullopt), Optional(HasSubstr("NULL"))) << "a stage table has no defaults";
  EXPECT_EQ(rules.fault_of(1, ""), std::nullopt) << "empty text is text";
  EXPECT_EQ(rules.fault_of(2, std::nullopt), std::nullopt);
  EXPECT_EQ(ColumnRules(table(), {"name"}, true).fault_of(0, std::nullopt), std::nullopt) << "it is the default";
}

TEST(ColumnRules, SayWhichColumnsOnlyCopyKnows) {
  try {
    const ColumnRules rules(table(), {"id", "place"}, false);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    EXPECT_THAT(e.what(), HasSubstr("place (geometry)"));
  }
}

}  // namespace
}  // namespace penstock
