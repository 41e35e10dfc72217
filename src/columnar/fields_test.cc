#include "columnar/fields.h"

#include <arrow/type.h>
#include <gmock/gmock.h>

#include <string>

#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using testing::HasSubstr;

class Fields : public testing::TestWithParam<std::string> {};

TEST_P(Fields, HoldAColumnAndGiveItBack) {
  const auto type = table::parse_type(GetParam());
  ASSERT_TRUE(type);
  const auto field = field_of("amount", *type);
  EXPECT_EQ(field->name(), "amount");
  EXPECT_TRUE(field->nullable());
  EXPECT_EQ(table_type_of(*field), *type) << field->ToString(true);
}

INSTANTIATE_TEST_SUITE_P(OfEveryType, Fields,
                         testing::Values("boolean", "smallint", "integer", "bigint", "numeric(38,37)", "numeric(1,0)",
                                         "real", "double precision", "character(7)", "character varying(65535)",
                                         "character varying(1)", "date", "time without time zone",
                                         "time with time zone", "timestamp without time zone",
                                         "timestamp with time zone", "super", "varbyte(20)"));

TEST(Fields, OfOtherTypesThanSaidAreWhatTheirTypesAre) {
  const auto text = field_of("note", *table::parse_type("character varying(20)"));
  EXPECT_EQ(table_type_of(*text->WithType(arrow::int32())).name, table::TypeName::integer);
  EXPECT_EQ(table_type_of(*text->RemoveMetadata()).length, 65535);
}

TEST(Fields, ThatNothingHoldsAreRefusedByName) {
  try {
    static_cast<void>(field_of("place", *table::parse_type("geometry")));
    FAIL() << "it was taken";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    EXPECT_THAT(e.what(), HasSubstr("column place"));
  }
  EXPECT_THROW(static_cast<void>(table_type_of(*arrow::field("d", arrow::duration(arrow::TimeUnit::NANO)))), Error);
}

}  // namespace
}  // namespace penstock::columnar
