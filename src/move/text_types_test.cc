// What discovery calls a type is read as that type: the two look at texts by themselves.
#include <arrow/record_batch.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "columnar/text_batches.h"
#include "discovery/discover.h"
#include "staging/text_reader.h"

namespace penstock {
namespace {

struct Case {
  std::vector<std::string> values;
  std::string type;  // the narrowest that takes them
};

TEST(TextTypes, WhatDiscoveryCallsATypeIsReadAsIt) {
  const std::vector<Case> cases{
      {{"t", "FALSE", "true", ""}, "boolean"},
      {{"0", "-32768", "32767", " ", "-0"}, "smallint"},
      {{"2147483647", "-1", ""}, "integer"},
      {{"9223372036854775807", "-9223372036854775808"}, "bigint"},
      {{"99999999999999999999999999999999999999", "-1"}, "numeric(38,0)"},
      {{"1.", ".5", "-0.25", "-.5", "3"}, "numeric(3,2)"},
      {{"0.0000000000000000000000000000000000001"}, "numeric(37,37)"},
      {{"1e5", "-2.5E-3", "1E+300", "NaN", "-Infinity", "infinity", "7"}, "double precision"},
      {{"0001-01-01", "2024-02-29", "9999-12-31", ""}, "date"},
      {{"00:00:00", "23:59:59.999999", "12:30:00.5"}, "time without time zone"},
      {{"2024-02-29 12:30", "2024-02-29T12:30:59", "2024-02-29 12:30:00.123456", "2024-02-29"},
       "timestamp without time zone"},
      {{"2024-02-29 12:30Z", "2024-02-29T12:30:59+02", "2024-02-29 12:30:00.1-14:59", "2024-02-29 12:30+0530"},
       "timestamp with time zone"},
      {{"007", "1", "+1", "2024-02-30", "24:00:00", "1,5"}, "character varying(10)"},
  };
  for (const Case& given : cases) {
    std::string text;
    for (const std::string& value : given.values) text += "\"" + value + "\"\n";
    const staging::Input input{.name = "x.csv", .open = [&] { return std::make_unique<staging::TextReader>(text); }};
    const staging::CsvShape shape{.fields = 1};
    const auto found =
        discovery::discover(std::vector{input}, {.shape = shape, .names = {"c"}, .workers = 1}, {}).columns.at(0);
    EXPECT_EQ(to_string(found.tight), given.type);
    for (const table::Type& type : {found.tight, found.type}) {
      const auto batches =
          columnar::text_batches({input}, {.shape = shape, .columns = {{.name = "c", .type = type}}, .workers = 1}, {});
      std::int64_t rows = 0;
      EXPECT_NO_THROW({
        while (const auto batch = batches->next()) rows += batch->num_rows();
      }) << to_string(type);
      EXPECT_EQ(rows, given.values.size()) << to_string(type);
    }
  }
}

}  // namespace
}  // namespace penstock
