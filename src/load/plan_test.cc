#include "load/plan.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "penstock/error.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(std::string_view text) { return parse_data_date(text).value(); }

table::TableConfig config() {
  const auto column = [](std::string name, std::string type) {
    table::ColumnConfig column;
    column.name = std::move(name);
    column.type = column.written_type = std::move(type);
    return column;
  };
  table::TableConfig config;
  config.schema = "api_hits";
  config.name = "pages";
  config.columns = {column("id", "bigint"), column("seen", "timestamp without time zone"),
                    column("url", "character varying(256)")};
  config.columns[0].not_null = true;
  config.columns[0].dist_key = true;
  config.columns[1].sort_order = 1;
  config.data_date_column = "seen";
  return config;
}

redshift::CatalogTable table() {
  return {
      .schema = "api_hits",
      .name = "pages",
      .columns = {{.name = "id", .type = "bigint", .not_null = true, .default_expression = {}, .dist_key = true},
                  {.name = "seen", .type = "timestamp without time zone", .default_expression = {}, .sort_order = 1},
                  {.name = "url", .type = "character varying(256)", .default_expression = {}}}};
}

SourceObject object(std::string key, std::string etag) {
  return {"analytics", {.key = std::move(key), .size = 12, .etag = std::move(etag)}};
}

LoadJob job() {
  LoadJob job{.target = target_of("api_hits", "pages"),
              .config = config(),
              .data = {},
              .shape = {{"id", "seen", "url"}, redshift::JsonFormat{}, std::nullopt},
              .access = redshift::SessionKeys{"AKIAIOSFODNN7EXAMPLE", Secret("canary-secret"), Secret("canary-token")},
              .region = "eu-west-1",
              .load_id = "load-id"};
  job.data.file.date = at("2015-07-01T00:00:00Z");
  job.data.file.date_text = "2015-07-01T00:00:00Z";
  job.data.objects = {object("api_hits_pages_2015-07-01T00:00:00Z.json.gz", "e1")};
  job.data.compression = redshift::CopyCompression::gzip;
  return job;
}

KnownFile known(const SourceObject& object, std::string_view date = "2015-07-01T00:00:00Z") {
  return {object.file_id(), object.key_id(), "earlier-load", at(date)};
}

TableState found(std::optional<std::string> watermark) {
  TableState found{.schema_exists = true, .table = table(), .watermark = {}, .known = {}};
  if (watermark) found.watermark = at(*watermark);
  return found;
}

constexpr char kUri[] = "s3://analytics/_penstock/t/a/manifest.json";

LoadPlan plan(const LoadJob& job, const TableState& found, const LoadOptions& how = {}) {
  return plan_load(job, found, how, kUri);
}

std::string failure(ErrorKind kind, const LoadJob& job, const TableState& found, const LoadOptions& how = {}) {
  try {
    plan(job, found, how);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << e.what();
    return e.what();
  }
  return "was planned";
}

TEST(LoadPlan, SkipsAFileThatTheLedgerKnows) {
  TableState state = found("2015-07-01T00:00:00Z");
  state.known = {known(job().data.objects[0])};
  EXPECT_EQ(plan(job(), state).skip, "already loaded as earlier-load");
  state.watermark.reset();
  EXPECT_THAT(plan(job(), state).skip.value_or(""), HasSubstr("no data date now"));
}

TEST(LoadPlan, SkipsAKnownFileWhateverBecameOfTheTable) {
  TableState state = found("2015-07-01T00:00:00Z");
  state.known = {known(job().data.objects[0])};
  state.table->columns[0].type = "integer";
  EXPECT_TRUE(plan(job(), state).skip);
}

TEST(LoadPlan, LoadsAgainWhatWentWithADroppedTable) {
  TableState state = found({});
  state.known = {known(job().data.objects[0])};
  state.table.reset();
  const LoadPlan again = plan(job(), state);
  EXPECT_FALSE(again.skip);
  ASSERT_TRUE(again.forget) << "its files are in the ledger no more";
  EXPECT_THAT(again.forget->text(), testing::Not(HasSubstr("WHERE")));
}

TEST(LoadPlan, RefusesAKnownKeyWithOtherBytesBeforeTheGuard) {
  TableState state = found("2015-07-05T00:00:00Z");  // stale, too
  state.known = {known(object(job().data.objects[0].info.key, "e0"))};
  EXPECT_THAT(failure(ErrorKind::conflict, job(), state),
              AllOf(HasSubstr("s3://analytics/api_hits_pages_2015-07-01T00:00:00Z.json.gz"), HasSubstr("--force")));
  const LoadPlan forced = plan(job(), state, {.force = true});
  ASSERT_TRUE(forced.remove);
  EXPECT_THAT(forced.remove->text(), HasSubstr("'2015-07-01 00:00:00'"));
}

TEST(LoadPlan, RefusesASetThatIsKnownInPart) {
  LoadJob two = job();
  two.data.objects.push_back(object("second", "e2"));
  TableState state = found("2015-06-01T00:00:00Z");
  state.known = {known(two.data.objects[1])};
  EXPECT_THAT(failure(ErrorKind::conflict, two, state),
              AllOf(HasSubstr("s3://analytics/second was already loaded"), HasSubstr("earlier-load")));
}

TEST(LoadPlan, RefusesToDoubleAnObjectOfAnotherDateEvenForced) {
  LoadJob two = job();
  two.data.objects.push_back(object("second", "e2"));
  TableState state = found("2015-06-01T00:00:00Z");
  state.known = {known(two.data.objects[1], "2015-06-01T00:00:00Z")};
  EXPECT_THAT(failure(ErrorKind::conflict, two, state, {.force = true}), HasSubstr("2015-06-01T00:00:00Z"));
  EXPECT_FALSE(plan(two, state, {.truncate = true, .force = true}).skip) << "then its rows give way, too";
}

TEST(LoadPlan, SkipsStaleData) {
  const LoadPlan stale = plan(job(), found("2015-07-01T00:00:00Z"));
  EXPECT_THAT(stale.skip.value_or(""), HasSubstr("stale"));
  EXPECT_TRUE(stale.copy.empty());
  EXPECT_THAT(describe(stale, job()), IsEmpty());
}

TEST(LoadPlan, NeedsASchemaOrLeaveToMakeIt) {
  TableState nothing;
  EXPECT_THAT(failure(ErrorKind::not_found, job(), nothing),
              AllOf(HasSubstr("api_hits"), HasSubstr("--create-schema")));
  EXPECT_THAT(plan(job(), nothing, {.create_schema = true}).make.front().text(), HasSubstr("CREATE SCHEMA"));
}

TEST(LoadPlan, RefusesDriftAndListsAllOfIt) {
  TableState state = found({});
  state.table->columns[0].type = "integer";
  state.table->columns[1].sort_order = 0;
  EXPECT_THAT(failure(ErrorKind::refused, job(), state), AllOf(HasSubstr("id"), HasSubstr("seen")));
}

TEST(LoadPlan, KnowsWhatItReplacesAndWhereThePeriodEnds) {
  const LoadPlan day = plan(job(), found("2015-07-01T05:00:00Z"), {.granularity = Granularity::day});
  ASSERT_TRUE(day.replaced);
  EXPECT_EQ(day.replaced->column.to, at("2015-07-02T00:00:00Z"));
  EXPECT_EQ(day.end_of_period, at("2015-07-02T00:00:00Z"));
  const LoadPlan all = plan(job(), found("2015-06-01T00:00:00Z"), {.truncate = true});
  EXPECT_FALSE(all.replaced);
  EXPECT_FALSE(all.end_of_period);
  ASSERT_TRUE(all.remove && all.forget);
  EXPECT_THAT(all.remove->text(), testing::StartsWith("DELETE FROM")) << "never TRUNCATE, which commits";
}

TEST(LoadPlan, HasOneDigestForOneSetOfActs) {
  EXPECT_EQ(plan(job(), found({})).sha256, plan(job(), found({})).sha256);
  LoadJob other = job();
  other.shape.columns = {"seen", "id"};
  EXPECT_NE(plan(job(), found({})).sha256, plan(other, found({})).sha256);
}

TEST(LoadPlan, IsDescribedAsItWillBeDone) {
  struct Case {
    const char* name;
    TableState state;
    LoadOptions how;
  };
  TableState behind = found("2015-06-30T00:00:00Z");
  behind.table->columns.pop_back();
  const std::vector<Case> cases{{"a new schema and table", {}, {.create_schema = true}},
                                {"a newer date", found("2015-06-30T00:00:00Z"), {}},
                                {"a new column", behind, {}},
                                {"the same day", found("2015-07-01T01:00:00Z"), {.granularity = Granularity::day}},
                                {"forced", found("2015-07-03T00:00:00Z"), {.force = true}},
                                {"truncated", found("2015-06-30T00:00:00Z"), {.truncate = true}}};
  std::string text;
  for (const Case& c : cases) {
    text += std::string("-- ") + c.name + "\n";
    const LoadJob load = job();
    for (const std::string& line : describe(plan(load, c.state, c.how), load)) text += line + "\n";
    text += "\n";
  }
  EXPECT_THAT(text, testing::Not(HasSubstr("canary")));
  const char* const golden = "golden/plan.txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << text;
  std::ifstream file(golden);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace
}  // namespace penstock
