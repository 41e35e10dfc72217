#include "load/postgres_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock {
namespace {

using testing::HasSubstr;
using Value = staging::PostgresField::Value;

std::vector<staging::PostgresField> of(const char* type, const char* into) {
  return postgres_fields({{"c", type}}, {"C"}, {.schema = "s", .name = "t", .columns = {{.name = "C", .type = into}}});
}

TEST(PostgresValues, AreReadAsWhatTheyMean) {
  struct Case {
    const char* type;
    const char* into;
    Value value;
  };
  for (const auto& [type, into, value] : {
           Case{"integer", "integer", Value::ordinary},
           Case{"numeric(10,2)", "numeric(10,2)", Value::ordinary},
           Case{"numeric", "double precision", Value::any},
           Case{"double precision", "double precision", Value::any},
           Case{"double precision", "numeric(18,4)", Value::ordinary},
           Case{"numeric", "character varying(50)", Value::any},
           Case{"boolean", "boolean", Value::any},
           Case{"timestamp with time zone", "timestamp with time zone", Value::ordinary},
           Case{"timestamp(3) without time zone", "timestamp without time zone", Value::ordinary},
           Case{"date", "date", Value::ordinary},
           Case{"timestamp without time zone", "character varying(50)", Value::any},
           Case{"bytea", "binary varying(100)", Value::bytes},
           Case{"text", "character varying(5)", Value::any},
           Case{"jsonb", "super", Value::any},
           Case{"jsonb", "character varying(500)", Value::any},
           Case{"integer[]", "character varying(500)", Value::any},
           Case{"interval", "character varying(500)", Value::any},
           Case{"uuid", "character varying(36)", Value::any},
           Case{"bigint", "super", Value::ordinary},
       }) {
    EXPECT_EQ(of(type, into).front().value, value) << type << " into " << into;
  }
}

TEST(PostgresValues, AreRefusedWhereTheyMeanSomethingElse) {
  const auto said = [](const char* type, const char* into) -> std::string {
    try {
      of(type, into);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(said("bytea", "character varying(5)"), HasSubstr("c is bytea in PostgreSQL, which can't be read into"));
  EXPECT_THAT(said("integer[]", "super"), HasSubstr("to_json(…)"));
  EXPECT_THAT(said("boolean", "super"), HasSubstr("to_json(…)"));
  EXPECT_THAT(said("integer[]", "integer"), HasSubstr("super or varchar"));
  EXPECT_THAT(said("money", "numeric(10,2)"), HasSubstr("cast to numeric"));
  EXPECT_THAT(said("integer", "binary varying(4)"), HasSubstr("as bytea"));
}

TEST(PostgresValues, HaveTypesThatHoldThem) {
  struct Case {
    const char* type;
    const char* wanted;
  };
  for (const auto& [type, wanted] : {
           Case{"integer", "integer"},
           Case{"numeric(10,2)", "numeric(10,2)"},
           Case{"numeric(5,0)", "numeric(5,0)"},
           Case{"character varying(5)", "character varying(20)"},
           Case{"character(3)", "character varying(12)"},
           Case{"character varying(20000)", "character varying(65535)"},
           Case{"text", "character varying(65535)"},
           Case{"timestamp(3) without time zone", "timestamp without time zone"},
           Case{"time(0) with time zone", "time with time zone"},
           Case{"integer[]", "character varying(65535)"},
           Case{"numeric(10,2)[]", "character varying(65535)"},
           Case{"jsonb", "super"},
           Case{"uuid", "character varying(36)"},
           Case{"inet", "character varying(65535)"},
       }) {
    EXPECT_EQ(table::to_string(postgres_types({{"c", type}}).front().type), wanted) << type;
  }
  for (const char* type : {"numeric", "numeric(39,2)", "numeric(3,5)", "numeric(3,-2)"}) {
    try {
      postgres_types({{"c", type}});
      FAIL() << type;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr("cast it in --query"));
    }
  }
}

}  // namespace
}  // namespace penstock
