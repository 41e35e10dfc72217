#include "redshift/described.h"

#include <gmock/gmock.h>

#include "penstock/error.h"
#include "redshift/testing/postgres.h"

namespace penstock::redshift {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const servers::Postgres& server() {
  static const servers::Postgres postgres;
  return postgres;
}

std::vector<std::string> described(const std::string& query) {
  Connection connection(server().config(), {}, silence());
  std::vector<std::string> columns;
  for (const DescribedColumn& column : describe(connection, Query(query), "look at it")) {
    columns.push_back(column.name + " " + column.type);
  }
  return columns;
}

TEST(Described, SaysTypesWithTheirParentheses) {
  EXPECT_THAT(described("SELECT 1::int2 AS a, 1::numeric(38,37) AS b, 'x'::varchar(7) AS c, 'x'::char(3) AS d, "
                        "1.5::float8 AS e, current_date AS f, now() AS g, true AS h, 'x'::text AS i, "
                        "'12:00+02'::timetz AS j, 2::numeric AS k, 1::numeric(5,0) AS l"),
              ElementsAre("a smallint", "b numeric(38,37)", "c character varying(7)", "d character(3)",
                          "e double precision", "f date", "g timestamp with time zone", "h boolean",
                          "i character varying(65535)", "j time with time zone", "k numeric", "l numeric(5,0)"));
}

TEST(Described, KnowsRedshiftsOwnTypes) {
  EXPECT_EQ(type_text({.oid = 4000}), "super");
  EXPECT_EQ(type_text({.oid = 6551, .modifier = 20}), "binary varying(16)");
  EXPECT_EQ(type_text({.oid = 1188}), "interval year to month");
  EXPECT_EQ(type_text({.oid = 600}), std::nullopt);
}

TEST(Described, RefusesWhatHasNoNameOrNoTypeAllAtOnce) {
  EXPECT_THAT([] { described("SELECT 1, 2 AS a, 3 AS a, point '(1,2)' AS p"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("look at it: column 1 has no name"),
                                         HasSubstr("column a is there twice"), HasSubstr("column p is of a type"))));
  EXPECT_THAT([] { described("SELECT nothing"); }, ThrowsMessage<Error>(HasSubstr("nothing")));
}

}  // namespace
}  // namespace penstock::redshift
