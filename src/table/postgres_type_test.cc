#include "table/postgres_type.h"

#include <gtest/gtest.h>

namespace penstock::table {
namespace {

TEST(PostgresType, IsMadeOfARedshiftTypeThatItHolds) {
  struct Case {
    const char* redshift = "";
    const char* postgres = "";
    const char* back = "";
  };
  for (const Case& c : {Case{"boolean", "boolean", "boolean"},
                        {"smallint", "smallint", "smallint"},
                        {"bigint", "bigint", "bigint"},
                        {"numeric(38,37)", "numeric(38,37)", "numeric(38,37)"},
                        {"real", "real", "real"},
                        {"double precision", "double precision", "double precision"},
                        {"varchar(7)", "character varying(7)", "character varying(28)"},
                        {"varchar(65535)", "text", "character varying(65535)"},
                        {"char(3)", "character(3)", "character varying(12)"},
                        {"date", "date", "date"},
                        {"time", "time without time zone", "time without time zone"},
                        {"timetz", "time with time zone", "time with time zone"},
                        {"timestamp", "timestamp without time zone", "timestamp without time zone"},
                        {"timestamptz", "timestamp with time zone", "timestamp with time zone"},
                        {"super", "jsonb", "super"},
                        {"varbyte(9)", "bytea", "binary varying(1024000)"}}) {
    const auto type = parse_type(c.redshift);
    ASSERT_TRUE(type) << c.redshift;
    const std::string made = postgres_type_of(*type);
    EXPECT_EQ(made, c.postgres) << c.redshift;
    const auto back = type_of_postgres(made);
    ASSERT_TRUE(back) << made;
    EXPECT_EQ(to_string(*back), c.back) << made;
  }
}

TEST(PostgresType, OfNumbersWithoutDigitsIsNone) {
  EXPECT_FALSE(type_of_postgres("numeric"));
  EXPECT_FALSE(type_of_postgres("numeric(39,2)"));
  EXPECT_EQ(kind_of_postgres("timestamp(3) without time zone"), "timestamp without time zone");
}

}  // namespace
}  // namespace penstock::table
