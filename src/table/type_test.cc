#include "table/type.h"

#include <gtest/gtest.h>

#include "table/config.h"

namespace penstock::table {
namespace {

TEST(Type, HasOneCanonicalSpelling) {
  struct Case {
    const char* written;
    const char* canonical;
  };
  for (const auto& [written, canonical] : {
           // the old worker's
           Case{"boolean", "boolean"},
           Case{"int", "integer"},
           Case{"bigint", "bigint"},
           Case{"float", "double precision"},
           Case{"date", "date"},
           Case{"timestamp", "timestamp without time zone"},
           Case{"text", "character varying(256)"},
           Case{"longtext", "character varying(65535)"},
           // Redshift's
           Case{"BOOL", "boolean"},
           Case{"int2", "smallint"},
           Case{"int4", "integer"},
           Case{"INT8", "bigint"},
           Case{"numeric", "numeric(18,0)"},
           Case{"decimal(10)", "numeric(10,0)"},
           Case{"Numeric ( 8 , 2 )", "numeric(8,2)"},
           Case{"decimal(38,37)", "numeric(38,37)"},
           Case{"real", "real"},
           Case{"float4", "real"},
           Case{"float8", "double precision"},
           Case{"double  precision", "double precision"},
           Case{"char", "character(1)"},
           Case{"nchar(7)", "character(7)"},
           Case{"char(max)", "character(4096)"},
           Case{"bpchar", "character(256)"},
           Case{"varchar", "character varying(256)"},
           Case{"varchar(1)", "character varying(1)"},
           Case{" VARCHAR(MAX) ", "character varying(65535)"},
           Case{"nvarchar(65535)", "character varying(65535)"},
           Case{"character varying(20)", "character varying(20)"},
           Case{"time", "time without time zone"},
           Case{"timetz", "time with time zone"},
           Case{"timestamptz", "timestamp with time zone"},
           Case{"timestamp with time zone", "timestamp with time zone"},
           Case{"super", "super"},
           Case{"varbyte", "binary varying(64000)"},
           Case{"varbinary(10)", "binary varying(10)"},
           Case{"geometry", "geometry"},
           Case{"geography", "geography"},
           Case{"hllsketch", "hllsketch"},
           Case{"interval year to month", "interval year to month"},
       }) {
    EXPECT_EQ(canonical_type(written), canonical) << written;
    EXPECT_EQ(canonical_type(canonical), canonical) << "and that is its own";
  }
}

TEST(Type, IsNothingThatRedshiftHasNot) {
  for (const char* written : {"",
                              "itn",
                              "varchar(0)",
                              "varchar(65536)",
                              "varchar(x)",
                              "varchar()",
                              "varchar(1",
                              "varchar(1)x",
                              "varchar(1,2)",
                              "char(4097)",
                              "numeric(39)",
                              "numeric(0)",
                              "numeric(5,6)",
                              "numeric(5,2,1)",
                              "numeric(38,38)",
                              "int(4)",
                              "text(10)",
                              "bytea",
                              "json",
                              "jsonb",
                              "uuid",
                              "serial",
                              "money",
                              "int[]",
                              "double",
                              "timestamp(6)",
                              "varchar(99999999999999)",
                              "varchar(10); DROP TABLE x",
                              "integer\n, x int"}) {
    EXPECT_EQ(canonical_type(written), std::nullopt) << written;
  }
}

}  // namespace
}  // namespace penstock::table
