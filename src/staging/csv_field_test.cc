#include "staging/csv_field.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

namespace penstock::staging {
namespace {

struct Case {
  std::string raw;
  std::optional<char> escape;
  std::string value;
  bool is_quoted = false;
  CsvFault fault = CsvFault::none;
};

TEST(CsvField, IsWhatItSays) {
  const std::optional<char> none;
  Buffer unquoted;
  for (const Case& c : {
           Case{"", none, ""},
           Case{"a b ", none, "a b "},
           Case{" a", none, " a"},
           Case{R"("")", none, "", true},
           Case{R"("a,b")", none, "a,b", true},
           Case{R"("a""b")", none, R"(a"b)", true},
           Case{R"(  "a" )", none, "a", true},
           Case{R"("""")", none, R"(")", true},
           Case{R"(a\,b)", '\\', "a,b"},
           Case{R"(\"a)", '\\', R"("a)"},
           Case{R"("a\"b")", '\\', R"(a"b)", true},
           Case{R"(a\)", '\\', R"(a\)"},
           Case{R"("a""b")", '"', R"(a"b)", true},
           Case{R"(a"b)", none, "a", false, CsvFault::quote_inside},
           Case{R"("a"b)", none, "a", true, CsvFault::text_behind_quote},
           Case{R"(" a" x)", none, " a", true, CsvFault::text_behind_quote},
       }) {
    const CsvField field = csv_field(c.raw, {.escape = c.escape}, unquoted);
    EXPECT_EQ(field.value, c.value) << c.raw;
    EXPECT_EQ(field.is_quoted, c.is_quoted) << c.raw;
    EXPECT_EQ(field.fault, c.fault) << c.raw;
  }
}

TEST(CsvField, LeavesEarlierValuesWhereTheyAre) {
  Buffer unquoted;
  unquoted.reserve(100);
  const CsvField first = csv_field(R"("a""b")", {}, unquoted);
  const CsvField second = csv_field(R"("c""d")", {}, unquoted);
  EXPECT_EQ(first.value, R"(a"b)");
  EXPECT_EQ(second.value, R"(c"d)");
}

}  // namespace
}  // namespace penstock::staging
