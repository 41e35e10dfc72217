#include "columnar/types.h"

#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include <string>

namespace penstock::columnar {
namespace {

using testing::HasSubstr;
using testing::Optional;

std::string table_type(const std::shared_ptr<arrow::DataType>& type) {
  const auto found = table_type_of(*type);
  return found ? to_string(*found) : "none";
}

TEST(TableType, OfEachOfArrows) {
  const auto nested = arrow::struct_({arrow::field("a", arrow::list(arrow::int32()))});
  const std::pair<std::shared_ptr<arrow::DataType>, std::string> cases[] = {
      {arrow::null(), "character varying(256)"},
      {arrow::boolean(), "boolean"},
      {arrow::int8(), "smallint"},
      {arrow::uint8(), "smallint"},
      {arrow::int16(), "smallint"},
      {arrow::uint16(), "integer"},
      {arrow::int32(), "integer"},
      {arrow::uint32(), "bigint"},
      {arrow::int64(), "bigint"},
      {arrow::uint64(), "numeric(20,0)"},
      {arrow::float16(), "real"},
      {arrow::float32(), "real"},
      {arrow::float64(), "double precision"},
      {arrow::decimal32(5, 2), "numeric(5,2)"},
      {arrow::decimal128(38, 37), "numeric(38,37)"},
      {arrow::decimal128(38, 38), "none"},
      {arrow::decimal128(5, -3), "numeric(8,0)"},
      {arrow::decimal128(2, 4), "numeric(4,4)"},
      {arrow::decimal256(39, 0), "none"},
      {arrow::utf8(), "character varying(65535)"},
      {arrow::large_utf8(), "character varying(65535)"},
      {arrow::dictionary(arrow::int8(), arrow::int64()), "bigint"},
      {arrow::binary(), "binary varying(1024000)"},
      {arrow::date32(), "date"},
      {arrow::date64(), "date"},
      {arrow::time64(arrow::TimeUnit::NANO), "time without time zone"},
      {arrow::timestamp(arrow::TimeUnit::MICRO), "timestamp without time zone"},
      {arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "timestamp with time zone"},
      {arrow::extension::uuid(), "character varying(36)"},
      {arrow::extension::json(), "super"},
      {nested, "super"},
      {arrow::duration(arrow::TimeUnit::SECOND), "none"},
      {arrow::month_interval(), "none"},
      {arrow::list(arrow::duration(arrow::TimeUnit::SECOND)), "none"},
      {arrow::dense_union({arrow::field("a", arrow::int32())}), "none"},
      {arrow::run_end_encoded(arrow::int32(), arrow::int32()), "none"}};
  for (const auto& [type, expected] : cases) EXPECT_EQ(table_type(type), expected) << type->ToString();
}

TEST(TableType, HoldsTheTypeThatItIsFor) {
  for (const auto& type : {arrow::int8(), arrow::uint64(), arrow::float16(), arrow::utf8(), arrow::binary(),
                           arrow::date64(), arrow::time32(arrow::TimeUnit::SECOND), arrow::decimal256(20, 2),
                           arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), arrow::list(arrow::utf8()), arrow::null()}) {
    EXPECT_EQ(misfit(*type, *table_type_of(*type)), std::nullopt) << type->ToString();
    EXPECT_EQ(misfit(*type, *table::parse_type("varchar(100)")), std::nullopt) << type->ToString();
    EXPECT_EQ(misfit(*type, *table::parse_type("super")), std::nullopt) << type->ToString();
  }
}

TEST(TableType, ThatIsWiderTakesBoth) {
  const auto wide = [](const char* a, const char* b) {
    const auto one = wider(*table::parse_type(a), *table::parse_type(b));
    EXPECT_EQ(one, wider(*table::parse_type(b), *table::parse_type(a))) << a << ", " << b;
    return one ? to_string(*one) : "none";
  };
  EXPECT_EQ(wide("smallint", "bigint"), "bigint");
  EXPECT_EQ(wide("integer", "numeric(5,2)"), "numeric(12,2)");
  EXPECT_EQ(wide("numeric(20,0)", "bigint"), "numeric(20,0)");
  EXPECT_EQ(wide("numeric(10,4)", "numeric(12,2)"), "numeric(14,4)");
  EXPECT_EQ(wide("numeric(38,0)", "numeric(38,10)"), "none");
  EXPECT_EQ(wide("integer", "real"), "double precision");
  EXPECT_EQ(wide("real", "real"), "real");
  EXPECT_EQ(wide("numeric(10,2)", "double precision"), "double precision");
  EXPECT_EQ(wide("varchar(10)", "varchar(20)"), "character varying(20)");
  EXPECT_EQ(wide("date", "date"), "date");
  EXPECT_EQ(wide("date", "timestamp"), "none");
  EXPECT_EQ(wide("boolean", "smallint"), "none");
}

TEST(Misfit, NamesBothTypes) {
  const auto why = [](const std::shared_ptr<arrow::DataType>& type, const char* column) {
    return misfit(*type, *table::parse_type(column));
  };
  EXPECT_THAT(why(arrow::list(arrow::int32()), "int"),
              Optional(HasSubstr("list<item: int32> does not go into integer")));
  EXPECT_THAT(why(arrow::date32(), "bigint"), Optional(HasSubstr("date32[day] does not go into bigint")));
  EXPECT_THAT(why(arrow::binary(), "int"), Optional(HasSubstr("binary does not go into")));
  EXPECT_THAT(why(arrow::float64(), "timestamp"), Optional(HasSubstr("double does not go into timestamp")));
  EXPECT_THAT(why(arrow::duration(arrow::TimeUnit::NANO), "varchar(9)"),
              Optional(HasSubstr("nothing in Redshift holds duration[ns]")));
  EXPECT_THAT(why(arrow::list(arrow::month_interval()), "super"), Optional(HasSubstr("the month_interval in list<")));
  EXPECT_EQ(why(arrow::utf8(), "int"), std::nullopt) << "COPY reads it";
}

}  // namespace
}  // namespace penstock::columnar
