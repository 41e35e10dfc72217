#include "columnar/text_column.h"

#include <arrow/array/array_base.h>
#include <arrow/extension_type.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "columnar/fields.h"
#include "staging/chunk.h"

namespace penstock::columnar {
namespace {

using testing::HasSubstr;

table::Type type_of(const std::string& spelling) { return table::parse_type(spelling).value(); }

// Texts as a source has them: behind each stands what is no part of it.
class Texts {
 public:
  explicit Texts(const std::vector<std::optional<std::string>>& texts) {
    std::size_t bytes = 1;
    for (const auto& text : texts) bytes += text ? text->size() + 1 : 0;
    buffer_.reserve(bytes);
    for (const auto& text : texts) {
      const char* const at = buffer_.end();
      if (text) {
        buffer_.append(*text);
        buffer_.append('7');
      }
      views_.push_back(text ? std::string_view(at, text->size()) : std::string_view());
    }
  }
  [[nodiscard]] std::span<const std::string_view> views() const { return views_; }

 private:
  staging::Buffer buffer_;
  std::vector<std::string_view> views_;
};

std::shared_ptr<arrow::Array> array_of(const table::Type& type, const std::vector<std::optional<std::string>>& texts) {
  const auto column = text_column(type);
  const Texts given(texts);
  column->reserve(static_cast<std::int64_t>(texts.size()));
  const auto bad = column->append(given.views());
  EXPECT_FALSE(bad) << "no " << to_string(type) << ": " << texts[bad.value_or(0)].value_or("NULL");
  auto array = column->finish();
  EXPECT_TRUE(array->ValidateFull().ok());
  EXPECT_TRUE(array->type()->Equals(*field_of("", type)->type())) << array->type()->ToString();
  return array;
}

std::string values_of(const std::string& type, const std::vector<std::optional<std::string>>& texts) {
  std::string out;
  auto array = array_of(type_of(type), texts);
  if (array->type_id() == arrow::Type::EXTENSION) {
    array = arrow::internal::checked_cast<const arrow::ExtensionArray&>(*array).storage();
  }
  for (std::int64_t i = 0; i < array->length(); ++i) {
    out += (i > 0 ? "|" : "") + array->GetScalar(i).ValueOrDie()->ToString();
  }
  return out;
}

bool takes(const std::string& type, const std::string& text) {
  const Texts given({text});
  return !text_column(type_of(type))->append(given.views());
}

TEST(TextColumn, ReadsWholeNumbersOfAnyLength) {
  EXPECT_EQ(values_of("smallint", {"0", "-0", "32767", "-32768", "+5", "007"}), "0|0|32767|-32768|5|7");
  EXPECT_EQ(values_of("int", {"1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789"}),
            "1|12|123|1234|12345|123456|1234567|12345678|123456789");
  EXPECT_EQ(
      values_of("bigint", {"9223372036854775807", "-9223372036854775808", "-12345678", "00000000000000000000001"}),
      "9223372036854775807|-9223372036854775808|-12345678|1");
}

TEST(TextColumn, RefusesWhatIsNoWholeNumberOfItsType) {
  for (const char* const text : {"32768", "-32769", "99999999", "123456789012", "1.0", "1e3", "x", "-", "+", "--1",
                                 "+-1", "1 2", "12a", "a12", "0x10", "1234567890123456789012"}) {
    EXPECT_FALSE(takes("smallint", text)) << text;
  }
  EXPECT_FALSE(takes("int", "2147483648"));
  EXPECT_FALSE(takes("bigint", "9223372036854775808"));
}

TEST(TextColumn, KeepsAllDigitsOfDecimals) {
  EXPECT_EQ(values_of("numeric(38,0)", {"99999999999999999999999999999999999999", "-1", "1e3"}),
            "99999999999999999999999999999999999999|-1|1000");
  EXPECT_EQ(values_of("numeric(38,37)", {"9.9999999999999999999999999999999999999", "-.5", "1.", "1e-37"}),
            "9.9999999999999999999999999999999999999|-0.5000000000000000000000000000000000000|"
            "1.0000000000000000000000000000000000000|1E-37");
  EXPECT_EQ(
      values_of("numeric(12,2)", {"1", "-1.5", "0.25", "+9999999999.99", "1.5000", "000000000000000001", "0e-999"}),
      "1.00|-1.50|0.25|9999999999.99|1.50|1.00|0.00");
}

TEST(TextColumn, RefusesDecimalsThatWouldBeChanged) {
  for (const char* const text : {"1.255", "10000000000", "99999999999.99", "1e12", "1e-3", "1e99999999999", "1e-999",
                                 ".", "-", "1..2", "1.2.3", "1,5", "abc", "1e", "0x1",
                                 "100000000000000000000000000000000000000", "NaN", "1.0000000000000000000000000001"}) {
    EXPECT_FALSE(takes("numeric(12,2)", text)) << text;
  }
}

TEST(TextColumn, ReadsFloatsAndWhatOnlyTheyHold) {
  EXPECT_EQ(values_of("float8", {"1.5", "-1e308", "NaN", "Infinity", "-inf", "5e-324", "+2"}),
            "1.5|-1e+308|nan|inf|-inf|5e-324|2");
  EXPECT_EQ(values_of("real", {"1.5", "3.4028235e38"}), "1.5|3.4028235e+38");
  for (const char* const text : {"1e309", "1.5x", "nan(1)", "infinit", "-", "0x1p3", "1e", "+-1"}) {
    EXPECT_FALSE(takes("float8", text)) << text;
  }
  EXPECT_FALSE(takes("real", "1e39"));
}

TEST(TextColumn, ReadsTheWordsThatAreBooleans) {
  EXPECT_EQ(values_of("boolean", {"t", "TRUE", "y", "Yes", "1", "f", "False", "N", "no", "0"}),
            "true|true|true|true|true|false|false|false|false|false");
  for (const char* const text : {"2", "ja", "tru", "truee", "on"}) EXPECT_FALSE(takes("boolean", text)) << text;
}

TEST(TextColumn, ReadsDaysAndTimes) {
  EXPECT_EQ(values_of("date", {"2024-02-29", "0001-01-01", "9999-12-31", "2024-01-01 00:00:00"}),
            "2024-02-29|0001-01-01|9999-12-31|2024-01-01");
  EXPECT_EQ(values_of("time", {"23:59:59.999999", "00:00:00", "9:30:00", "12:30:00.5"}),
            "23:59:59.999999|00:00:00.000000|09:30:00.000000|12:30:00.500000");
  EXPECT_EQ(values_of("timestamp", {"2024-02-29 12:30:00.123456", "2024-02-29T12:30", "0001-01-01",
                                    "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.5000000"}),
            "2024-02-29 12:30:00.123456|2024-02-29 12:30:00.000000|0001-01-01 00:00:00.000000|"
            "9999-12-31 23:59:59.999999|1969-12-31 23:59:59.500000");
  EXPECT_EQ(values_of("timestamptz", {"2024-02-29 12:00:00Z", "2024-02-29T12:00:00+02:00", "2024-02-29 12:00:00-0530",
                                      "2024-02-29 12:00:00 +14", "2024-02-29 12:00:00"}),
            "2024-02-29 12:00:00.000000Z|2024-02-29 10:00:00.000000Z|2024-02-29 17:30:00.000000Z|"
            "2024-02-28 22:00:00.000000Z|2024-02-29 12:00:00.000000Z");
  EXPECT_EQ(values_of("timetz", {"12:30:00+02", "12:30:00.5 Z"}), "12:30:00+02|12:30:00.5 Z");
}

TEST(TextColumn, RefusesDaysAndTimesThatAreNone) {
  for (const char* const text : {"2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32", "0000-01-01",
                                 "24-01-01", "2024/01/01", "2024-1-1", "2024-01-01x", "2024-01-01 12:00:00"}) {
    EXPECT_FALSE(takes("date", text)) << text;
  }
  for (const char* const text :
       {"24:00:00", "12", "12:60:00", "12:00:60", "12:00:00.", "12:00:00.1234567", "1234:00"}) {
    EXPECT_FALSE(takes("time", text)) << text;
  }
  for (const char* const text :
       {"2024-01-01 12", "2024-01-01_12:00:00", "2024-01-01 12:00:00Z", "2024-01-01 ", "2024-01-01 12:00:00.1234567"}) {
    EXPECT_EQ(takes("timestamp", text), std::string(text) == "2024-01-01 ") << text;
  }
  for (const char* const text : {"2024-01-01 12:00:00+", "2024-01-01 12:00:00+16", "2024-01-01 12:00:00+02:",
                                 "2024-01-01 12:00:00+02:60", "2024-01-01 12:00:00 Europe/Berlin"}) {
    EXPECT_FALSE(takes("timestamptz", text)) << text;
  }
}

TEST(TextColumn, KeepsTextAsItIs) {
  EXPECT_EQ(values_of("varchar(3)", {"", " ", "longer than that", "é\n\"", std::nullopt}),
            "| |longer than that|é\n\"|null");
  EXPECT_EQ(values_of("super", {R"({"a": [1, 2.50]})", "\"x\"", " 1 ", "", std::nullopt}),
            R"({"a": [1, 2.50]}|"x"|1|null|null)");
  EXPECT_FALSE(takes("super", "{a}"));
  EXPECT_EQ(values_of("varbyte(9)", {"00fFA0", "", std::nullopt}), std::string("\0\xFF\xA0||null", 9));
  EXPECT_FALSE(takes("varbyte(9)", "0"));
  EXPECT_FALSE(takes("varbyte(9)", "0g"));
}

TEST(TextColumn, TakesBlanksAroundAValueAndNothingForNull) {
  for (const char* const type : {"boolean", "smallint", "int", "bigint", "numeric(5,1)", "real", "float8"}) {
    EXPECT_EQ(array_of(type_of(type), {std::nullopt, "", "  ", "\t1 "})->null_count(), 3) << type;
  }
  for (const char* const type : {"date", "timestamp", "timestamptz"}) {
    EXPECT_EQ(array_of(type_of(type), {std::nullopt, "", "  ", " 2024-01-01\t"})->null_count(), 3) << type;
  }
}

TEST(TextColumn, SaysWhichTextIsNoValueAndWhy) {
  const Texts given({"1", "2", "x", "y"});
  EXPECT_EQ(text_column(type_of("int"))->append(given.views()), 2);
  EXPECT_THAT(refusal_of(type_of("int"), "12x"), HasSubstr("'12x': no integer: 'x' at place 3 is no digit; mend it"));
  EXPECT_THAT(refusal_of(type_of("numeric(5,1)"), "1.25"), HasSubstr("more digits behind its point"));
  EXPECT_THAT(refusal_of(type_of("date"), "2024-01-01 12:00:00"), HasSubstr("time of day"));
  EXPECT_THAT(refusal_of(type_of("timestamp"), "2024-01-01 12:00:00.1234567"), HasSubstr("to microseconds"));
}

}  // namespace
}  // namespace penstock::columnar
