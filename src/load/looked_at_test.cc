#include "load/looked_at.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace penstock {
namespace {

using redshift::CatalogTable;
using ::testing::HasSubstr;
using ::testing::Optional;

discovery::Column column(const std::string& name, const std::string& type, std::uint64_t nulls = 0,
                         std::uint64_t empties = 0) {
  const auto parsed = table::parse_type(type).value();
  return {.name = name, .type = parsed, .tight = parsed, .nulls = nulls, .empties = empties};
}

CatalogTable table_of(const std::vector<std::string>& types) {
  CatalogTable table{.schema = "web", .name = "users", .columns = {}};
  for (const std::string& type : types) {
    table.columns.push_back({.name = "c" + std::to_string(table.columns.size()), .type = type});
  }
  return table;
}

LookedAt source(std::vector<discovery::Column> columns, redshift::CopyFormat format = redshift::CsvFormat{}) {
  return {.name = "s3://lake/a.csv", .format = std::move(format), .columns = std::move(columns)};
}

TEST(LookedAt, CopyReadsTextThatIsEitherNullOrEmptyButNotBoth) {
  const auto text = [](std::uint64_t nulls, std::uint64_t empties) {
    return column("c0", "character varying(16)", nulls, empties);
  };
  const auto table = table_of({"character varying(16)", "character varying(99)", "integer"});
  EXPECT_EQ(reason_to_stage(source({text(0, 0)}), table), std::nullopt);
  EXPECT_EQ(reason_to_stage(source({text(3, 0)}), table), std::nullopt);
  EXPECT_EQ(reason_to_stage(source({text(0, 3)}), table), std::nullopt);
  EXPECT_THAT(reason_to_stage(source({text(1, 1)}), table), Optional(HasSubstr("both NULL and empty text")));
  EXPECT_THAT(reason_to_stage(source({text(1, 0), column("C1", "character varying(16)", 0, 1)}), table),
              Optional(HasSubstr("both NULL and empty text")))
      << "EMPTYASNULL is for all columns";
  EXPECT_EQ(reason_to_stage(source({text(0, 1), column("c2", "integer", 5)}), table), std::nullopt)
      << "a number's empty field is NULL in any case";
  EXPECT_EQ(reason_to_stage(source({text(1, 1)}, redshift::JsonFormat{}), table), std::nullopt);
}

TEST(LookedAt, CopyReadsValuesOfTheTypeOfTheirColumn) {
  const auto fits = [](const std::string& found, const std::string& into) {
    return !reason_to_stage(source({column("c0", found)}), table_of({into})).has_value();
  };
  for (const char* type : {"boolean", "smallint", "integer", "bigint", "numeric(18,2)", "real", "double precision",
                           "character varying(16)", "date", "time without time zone", "timestamp without time zone",
                           "timestamp with time zone", "super"}) {
    EXPECT_TRUE(fits(type, type)) << type;
  }
  EXPECT_TRUE(fits("integer", "bigint"));
  EXPECT_TRUE(fits("bigint", "smallint")) << "a value that is too large ends either";
  EXPECT_TRUE(fits("integer", "numeric(20,4)"));
  EXPECT_TRUE(fits("numeric(18,2)", "numeric(38,4)"));
  EXPECT_FALSE(fits("numeric(18,4)", "numeric(18,2)")) << "COPY would round it";
  EXPECT_FALSE(fits("numeric(18,2)", "character varying(16)")) << "1.5 would stay 1.5, where its batch says 1.50";
  EXPECT_FALSE(fits("timestamp without time zone", "date"));
  EXPECT_FALSE(fits("date", "timestamp without time zone"));
  EXPECT_FALSE(fits("character varying(16)", "integer"));
  EXPECT_FALSE(fits("character varying(16)", "character(16)"));
}

TEST(LookedAt, OfParquetAndOrcCopyTakesJustTheTypeThatIsThere) {
  const auto fits = [](const std::string& found, const std::string& into) {
    const bool fits_parquet =
        !reason_to_stage(source({column("c0", found)}, redshift::ParquetFormat{}), table_of({into})).has_value();
    EXPECT_EQ(fits_parquet,
              !reason_to_stage(source({column("c0", found)}, redshift::OrcFormat{}), table_of({into})).has_value());
    return fits_parquet;
  };
  for (const char* type : {"boolean", "integer", "bigint", "numeric(18,2)", "real", "double precision", "date",
                           "character varying(16)", "timestamp without time zone"}) {
    EXPECT_TRUE(fits(type, type)) << type;
  }
  EXPECT_TRUE(fits("character varying(65535)", "character varying(16)")) << "a text that is too long ends either";
  for (const auto& [found, into] :
       std::vector<std::pair<std::string, std::string>>{{"integer", "bigint"},
                                                        {"bigint", "integer"},
                                                        {"smallint", "smallint"},
                                                        {"numeric(18,2)", "numeric(20,2)"},
                                                        {"real", "double precision"},
                                                        {"character(5)", "character(5)"},
                                                        {"date", "timestamp without time zone"},
                                                        {"timestamp with time zone", "timestamp with time zone"},
                                                        {"super", "super"},
                                                        {"time with time zone", "time with time zone"},
                                                        {"character varying(16)", "integer"}}) {
    EXPECT_FALSE(fits(found, into)) << found << " into " << into;
  }
  EXPECT_EQ(reason_to_stage(source({column("C 0\n", "integer"), column("c1", "character varying(9)", 1, 1)},
                                   redshift::ParquetFormat{}),
                            [] {
                              CatalogTable table = table_of({"integer", "character varying(9)"});
                              table.columns.front().name = "c 0\n";
                              return table;
                            }()),
            std::nullopt)
      << "it goes by position, and NULL is not empty";
}

TEST(LookedAt, AHeaderThatCopyMayMissIsNotForIt) {
  const auto table = [](const std::string& name) {
    CatalogTable table = table_of({"integer"});
    table.columns.front().name = name;
    return table;
  };
  EXPECT_TRUE(reason_to_stage(source({column("a\nb", "integer")}), table("a\nb")).has_value()) << "two lines";
  EXPECT_TRUE(reason_to_stage(source({column(" a", "integer")}), table("a")).has_value());
  LookedAt sampled = source({column("c0", "integer")});
  sampled.must_be_staged = "a sample";
  EXPECT_EQ(reason_to_stage(sampled, table_of({"integer"})), "a sample");
}

}  // namespace
}  // namespace penstock
