#include "move/postgres_table.h"

#include <gmock/gmock.h>

#include "penstock/error.h"

namespace penstock::network {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

postgres::Destination table() {
  return {.sql = "\"t\"",
          .columns = {{.name = "id", .type = "integer", .is_not_null = true},
                      {.name = "Name", .type = "text"},
                      {.name = "name", .type = "text"},
                      {.name = "at", .type = "date", .is_not_null = true, .has_default = true},
                      {.name = "twice", .type = "integer", .is_made = true}}};
}

TEST(ColumnsOfPostgres, GoByTheirNamesToTheLetterOrWhateverTheirCase) {
  EXPECT_THAT(match_columns({"name", "Name", "ID"}, table(), true), ElementsAre("name", "Name", "id"));
  EXPECT_THAT(match_columns({"id"}, table(), false), ElementsAre("id")) << "rows that are appended may lack columns";
}

TEST(ColumnsOfPostgres, AreRefusedAllAtOnce) {
  EXPECT_THAT([] { match_columns({"NAME", "twice", "AT", "at", "x"}, table(), true); },
              ThrowsMessage<Error>(AllOf(HasSubstr("NAME, x can't be written: \"t\" has id, Name, name, at, twice"),
                                         HasSubstr("twice can't be written: the server makes"),
                                         HasSubstr("at would be written twice"), HasSubstr("id may not be NULL"),
                                         HasSubstr("Name, name would be NULL in all rows"))));
}

}  // namespace
}  // namespace penstock::network
