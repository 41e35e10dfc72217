#include "columnar/value_text.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <gmock/gmock.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace penstock::columnar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<arrow::Array> array_of(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

// The values' texts, NULL as "NULL", and what is wrong with a value in its place.
std::vector<std::string> texts(const arrow::Array& array, const std::string& into = "") {
  const auto values = value_text(array, into.empty() ? std::nullopt : table::parse_type(into));
  std::vector<std::string> texts;
  for (std::int64_t row = 0; row < array.length(); ++row) {
    try {
      texts.push_back(values->is_null(row) ? "NULL" : std::string(values->text(row)));
    } catch (const BadValue& e) {
      texts.emplace_back(e.what());
    }
  }
  return texts;
}

std::vector<std::string> texts(const std::shared_ptr<arrow::DataType>& type, const std::string& json,
                               const std::string& into = "") {
  return texts(*array_of(type, json), into);
}

TEST(ValueText, HasAllDigitsOfIntegers) {
  EXPECT_THAT(texts(arrow::int8(), "[-128, 127, null]"), ElementsAre("-128", "127", "NULL"));
  EXPECT_THAT(texts(arrow::int16(), "[-32768, 32767]"), ElementsAre("-32768", "32767"));
  EXPECT_THAT(texts(arrow::int32(), "[-2147483648]"), ElementsAre("-2147483648"));
  EXPECT_THAT(texts(arrow::int64(), "[-9223372036854775808, 9223372036854775807]"),
              ElementsAre("-9223372036854775808", "9223372036854775807"));
  EXPECT_THAT(texts(arrow::uint8(), "[255]"), ElementsAre("255"));
  EXPECT_THAT(texts(arrow::uint16(), "[65535]"), ElementsAre("65535"));
  EXPECT_THAT(texts(arrow::uint32(), "[4294967295]"), ElementsAre("4294967295"));
  EXPECT_THAT(texts(arrow::uint64(), "[18446744073709551615]"), ElementsAre("18446744073709551615"));
}

TEST(ValueText, OfABooleanIsANumberWhereTheColumnIsOne) {
  EXPECT_THAT(texts(arrow::boolean(), "[true, false, null]"), ElementsAre("true", "false", "NULL"));
  EXPECT_THAT(texts(arrow::boolean(), "[true, false]", "boolean"), ElementsAre("true", "false"));
  EXPECT_THAT(texts(arrow::boolean(), "[true, false]", "smallint"), ElementsAre("1", "0"));
}

TEST(ValueText, OfAFloatIsTheShortestThatIsReadBackAsTheSame) {
  EXPECT_THAT(texts(arrow::float64(), "[0.1, -0.0, 1, 100000, 1e300, 5e-324, null]"),
              ElementsAre("0.1", "-0", "1", "100000", "1e+300", "5e-324", "NULL"));
  EXPECT_THAT(texts(arrow::float64(), "[NaN, Inf, -Inf]"), ElementsAre("NaN", "Infinity", "-Infinity"));
  EXPECT_THAT(texts(arrow::float32(), "[0.1, 16777216]"), ElementsAre("0.1", "16777216"));
  EXPECT_THAT(texts(arrow::float16(), "[0.5, 65504]"), ElementsAre("0.5", "65504"));
}

TEST(ValueText, OfAFloatHasNoExponentForANumericColumn) {
  EXPECT_THAT(texts(arrow::float64(), "[1e20, 1e-7, 5e-324]", "numeric(38,10)"),
              ElementsAre("100000000000000000000", "0.0000001", HasSubstr("000005")));
  EXPECT_THAT(texts(arrow::float64(), "[1e20]", "real"), ElementsAre("1e+20"));
}

TEST(ValueText, OfAnyFiniteDoubleIsReadBackAsTheSameBits) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    arrow::DoubleBuilder builder;
    ASSERT_TRUE(builder.Append(value).ok());
    const auto array = builder.Finish().ValueOrDie();
    for (const std::string into : {"", "numeric(38,10)"}) {
      const std::string text = texts(*array, into).front();
      double read = 0;
      std::from_chars(text.data(), text.data() + text.size(), read);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(read), std::bit_cast<std::uint64_t>(value)) << text;
    }
  }
}

TEST(ValueText, HasAllDigitsOfDecimals) {
  EXPECT_THAT(texts(arrow::decimal32(5, 2), R"(["-12.30", "0.05", "-0.05"])"), ElementsAre("-12.30", "0.05", "-0.05"));
  EXPECT_THAT(texts(arrow::decimal64(18, 0), R"(["-123456789012345678"])"), ElementsAre("-123456789012345678"));
  EXPECT_THAT(texts(arrow::decimal128(38, 37), R"(["1.2345678901234567890123456789012345678", null])"),
              ElementsAre("1.2345678901234567890123456789012345678", "NULL"));
  EXPECT_THAT(texts(arrow::decimal256(50, 1), R"(["1234567890123456789012345678901234567890123456789.5"])"),
              ElementsAre("1234567890123456789012345678901234567890123456789.5"));
}

TEST(ValueText, OfADecimalIsRefusedWhereItsColumnWouldCutDigitsOff) {
  const auto type = arrow::decimal128(10, 3);
  EXPECT_THAT(texts(type, R"(["1.230", "-1.234", "0.000"])", "numeric(10,2)"),
              ElementsAre("1.23", "-1.234 has more digits behind its point than the column's 2", "0.00"));
  EXPECT_THAT(texts(type, R"(["-12.000", "12.100"])", "integer"), ElementsAre("-12", HasSubstr("than the column's 0")));
  EXPECT_THAT(texts(type, R"(["1.234"])", "numeric(10,5)"), ElementsAre("1.234"));
}

TEST(ValueText, OfADecimalOfNegativeScaleHasNoExponent) {
  arrow::Decimal128Builder builder(arrow::decimal128(5, -3));
  for (const int value : {-12, 0}) ASSERT_TRUE(builder.Append(arrow::Decimal128(value)).ok());
  EXPECT_THAT(texts(*builder.Finish().ValueOrDie()), ElementsAre("-12000", "0"));
}

TEST(ValueText, OfTextIsTheTextAndMustBeThat) {
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view()}) {
    EXPECT_THAT(texts(type, R"(["", "é\n\"x\"", "a text that is longer than what a view holds in itself", null])"),
                ElementsAre("", "é\n\"x\"", "a text that is longer than what a view holds in itself", "NULL"));
  }
  arrow::StringBuilder builder;
  for (const std::string& value : {std::string("\xff"), std::string("a\0b", 3), std::string("\xed\xa0\x80")}) {
    ASSERT_TRUE(builder.Append(value).ok());
  }
  EXPECT_THAT(texts(*builder.Finish().ValueOrDie()),
              ElementsAre("the bytes are no UTF-8", HasSubstr("NUL"), "the bytes are no UTF-8"));
}

TEST(ValueText, OfBytesIsHexadecimalForVarbyteAndElseText) {
  for (const auto& type : {arrow::binary(), arrow::large_binary(), arrow::binary_view(), arrow::fixed_size_binary(3)}) {
    EXPECT_THAT(texts(type, R"(["abc", null])"), ElementsAre("abc", "NULL"));
    EXPECT_THAT(texts(type, R"(["ab\u001f"])", "varbyte"), ElementsAre("61621f"));
  }
}

TEST(ValueText, OfADate) {
  EXPECT_THAT(texts(arrow::date32(), "[0, -1, 19782, -719162, 2932896, null]"),
              ElementsAre("1970-01-01", "1969-12-31", "2024-02-29", "0001-01-01", "9999-12-31", "NULL"));
  EXPECT_THAT(texts(arrow::date32(), "[-719163, 2932897, 2147483647]"),
              ElementsAre(HasSubstr("year"), HasSubstr("year"), HasSubstr("year")));
  EXPECT_THAT(texts(arrow::date64(), "[-86400000, 1]"), ElementsAre("1969-12-31", HasSubstr("time of day")));
  EXPECT_THAT(texts(arrow::date32(), "[19782]", "timestamp"), ElementsAre("2024-02-29 00:00:00"));
  EXPECT_THAT(texts(arrow::date32(), "[19782]", "timestamptz"), ElementsAre("2024-02-29 00:00:00+00"));
}

TEST(ValueText, OfATimestampInEachUnit) {
  EXPECT_THAT(texts(arrow::timestamp(arrow::TimeUnit::SECOND), "[0, -1]"),
              ElementsAre("1970-01-01 00:00:00", "1969-12-31 23:59:59"));
  EXPECT_THAT(texts(arrow::timestamp(arrow::TimeUnit::MILLI), "[-1, 1500]"),
              ElementsAre("1969-12-31 23:59:59.999000", "1970-01-01 00:00:01.500000"));
  EXPECT_THAT(texts(arrow::timestamp(arrow::TimeUnit::MICRO), "[-1, null]"),
              ElementsAre("1969-12-31 23:59:59.999999", "NULL"));
  EXPECT_THAT(texts(arrow::timestamp(arrow::TimeUnit::NANO), "[-1000, 1001]"),
              ElementsAre("1969-12-31 23:59:59.999999", "1001 nanoseconds are no whole microseconds"));
  EXPECT_THAT(texts(arrow::timestamp(arrow::TimeUnit::SECOND), "[-62135596801, 253402300800, 9223372036854775807]"),
              ElementsAre(HasSubstr("year"), HasSubstr("year"), HasSubstr("year")));
}

TEST(ValueText, OfATimestampIsWhatItsColumnKeeps) {
  const auto zoned = arrow::timestamp(arrow::TimeUnit::SECOND, "Europe/Berlin");
  const auto plain = arrow::timestamp(arrow::TimeUnit::SECOND);
  EXPECT_THAT(texts(zoned, "[0]"), ElementsAre("1970-01-01 00:00:00+00"));
  EXPECT_THAT(texts(zoned, "[0]", "timestamp"), ElementsAre("1970-01-01 00:00:00"));
  EXPECT_THAT(texts(plain, "[0]", "timestamptz"), ElementsAre("1970-01-01 00:00:00+00"));
  EXPECT_THAT(texts(plain, "[0]", "varchar(30)"), ElementsAre("1970-01-01 00:00:00"));
  EXPECT_THAT(texts(plain, "[86400, 86401]", "date"), ElementsAre("1970-01-02", HasSubstr("time of day")));
}

TEST(ValueText, OfATimeInEachUnit) {
  EXPECT_THAT(texts(arrow::time32(arrow::TimeUnit::SECOND), "[0, 86399, 86400, -1]"),
              ElementsAre("00:00:00", "23:59:59", HasSubstr("none of a day"), HasSubstr("none of a day")));
  EXPECT_THAT(texts(arrow::time32(arrow::TimeUnit::MILLI), "[1]"), ElementsAre("00:00:00.001000"));
  EXPECT_THAT(texts(arrow::time64(arrow::TimeUnit::MICRO), "[43200000001]", "timetz"),
              ElementsAre("12:00:00.000001+00"));
  EXPECT_THAT(texts(arrow::time64(arrow::TimeUnit::NANO), "[1]"), ElementsAre(HasSubstr("microseconds")));
}

TEST(ValueText, OfACategoryIsItsValue) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const arrow::DictionaryArray array(type, array_of(arrow::int8(), "[1, 0, null, 2]"),
                                     array_of(arrow::utf8(), R"(["a", "b", null])"));
  EXPECT_THAT(texts(array), ElementsAre("b", "a", "NULL", "NULL"));
}

TEST(ValueText, OfNothingButNulls) { EXPECT_THAT(texts(arrow::null(), "[null, null]"), ElementsAre("NULL", "NULL")); }

TEST(ValueText, OfAUuidIsAsPeopleWriteIt) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  ASSERT_TRUE(builder.Append("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\xff").ok());
  const auto array = arrow::ExtensionType::WrapArray(arrow::extension::uuid(), builder.Finish().ValueOrDie());
  EXPECT_THAT(texts(*array), ElementsAre("123e4567-e89b-12d3-a456-4266141740ff"));
}

TEST(ValueText, OfListsStructsAndMapsIsJsonWithAllDigits) {
  EXPECT_THAT(texts(arrow::list(arrow::int64()), "[[9223372036854775807, null], [], null]"),
              ElementsAre("[9223372036854775807,null]", "[]", "NULL"));
  EXPECT_THAT(texts(arrow::fixed_size_list(arrow::utf8(), 2), R"([["a\"\\\n\u0001é", "b"]])"),
              ElementsAre(R"(["a\"\\\n\u0001é","b"])"));
  EXPECT_THAT(texts(arrow::large_list(arrow::decimal128(20, 2)), R"([["12345678901234567.10"]])"),
              ElementsAre("[12345678901234567.10]"));
  EXPECT_THAT(texts(arrow::struct_({arrow::field("a", arrow::boolean()), arrow::field("b\"", arrow::date32())}),
                    R"([{"a": true, "b\"": 0}, {"a": null, "b\"": null}, null])"),
              ElementsAre(R"({"a":true,"b\"":"1970-01-01"})", R"({"a":null,"b\"":null})", "NULL"));
  EXPECT_THAT(texts(arrow::map(arrow::utf8(), arrow::list(arrow::float64())), R"([[["k", [0.5]], ["l", null]], []])"),
              ElementsAre(R"({"k":[0.5],"l":null})", "{}"));
  EXPECT_THAT(texts(arrow::map(arrow::int32(), arrow::utf8()), R"([[[7, "x"]]])"), ElementsAre(R"({"7":"x"})"));
  EXPECT_THAT(texts(arrow::list(arrow::float64()), "[[1, NaN], [Inf]]"),
              ElementsAre("NaN is no JSON", "Infinity is no JSON"));
}

TEST(ValueText, OfASliceIsThatOfTheSlice) {
  const auto lists = array_of(arrow::list(arrow::int32()), "[[1], [2, 3], [4]]");
  EXPECT_THAT(texts(*lists->Slice(1, 1)), ElementsAre("[2,3]"));
  const auto structs = array_of(arrow::struct_({arrow::field("a", arrow::int32())}), R"([{"a": 1}, {"a": 2}])");
  EXPECT_THAT(texts(*structs->Slice(1)), ElementsAre(R"({"a":2})"));
}

TEST(ValueText, ForASuperColumnIsADocument) {
  EXPECT_THAT(texts(arrow::date32(), "[0]", "super"), ElementsAre("\"1970-01-01\""));
  EXPECT_THAT(texts(arrow::float64(), "[0.5]", "super"), ElementsAre("0.5"));
  EXPECT_THAT(texts(arrow::utf8(), R"(["{\"a\": 1}"])", "super"), ElementsAre(R"({"a": 1})")) << "as in CSV";
  const auto json =
      arrow::ExtensionType::WrapArray(arrow::extension::json(), array_of(arrow::utf8(), R"(["[1]", null])"));
  EXPECT_THAT(texts(*json, "super"), ElementsAre("[1]", "NULL"));
}

}  // namespace
}  // namespace penstock::columnar
