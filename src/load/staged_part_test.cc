#include "load/staged_part.h"

#include <gmock/gmock.h>

#include "load/attempt.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Property;
using testing::Throws;
using testing::ThrowsMessage;

constexpr char kId[] = "01234567-89ab-4cde-8f01-23456789abcd";
constexpr char kOther[] = "11234567-89ab-4cde-8f01-23456789abcd";

StagedPart part(const std::string& id = kId) {
  return {.id = id,
          .name = "users \"3\"",
          .bucket = "data",
          .partition = {},
          .columns = {{.name = "id", .type = "bigint", .source_type = "int64"},
                      {.name = "name", .type = "character varying(256)", .source_type = "null", .only_nulls = true}},
          .objects = {{.key = "base/staged/" + id + "/part-00001.csv.gz", .etag = "e1", .size = 10, .rows = 2},
                      {.key = "base/staged/" + id + "/part-00002.csv.gz", .etag = "e2", .size = 5, .rows = 1}},
          .rows = 3,
          .bytes = 15};
}

std::string refusal(const std::vector<StagedPart>& parts) {
  try {
    columns_of(parts);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    return e.what();
  }
  return "none";
}

TEST(StagedPart, IsTheSameAfterAWayAsText) {
  StagedPart one = part();
  EXPECT_EQ(staged_part_of_json(to_json(one)), one);
  one.partition = 7;
  one.objects.clear();
  one.rows = one.bytes = 0;
  const std::string text = to_json(one);
  EXPECT_EQ(staged_part_of_json(text), one);
  EXPECT_THAT(text, Not(HasSubstr("\n")));
}

TEST(StagedPart, NamesNoObjectThatIsNotItsOwn) {
  StagedPart one = part();
  one.objects[0].key = "base/staged/" + std::string(kOther) + "/part-00001.csv.gz";
  one.objects[1].key = "important.csv";
  one.columns[0].type = "whatever";
  EXPECT_THAT([&] { staged_part_of_json(to_json(one)); },
              ThrowsMessage<Error>(AllOf(HasSubstr("staged/11234567"), HasSubstr("important.csv is none of its own"),
                                         HasSubstr("'whatever', which is none"))))
      << "it would be removed, or read";
}

TEST(StagedPart, OfAnotherVersionOrNoneAtAllIsRefused) {
  const auto kind = Property(&Error::kind, ErrorKind::invalid);
  EXPECT_THAT([] { staged_part_of_json("{}"); }, Throws<Error>(kind));
  EXPECT_THAT([] { staged_part_of_json("[1"); }, Throws<Error>(kind));
  EXPECT_THAT([] { staged_part_of_json(R"({"penstock_part": 2})"); },
              ThrowsMessage<Error>(HasSubstr("of version 2, and this penstock knows 1")));
}

TEST(FolderOfPart, IsTheOneOfItsId) {
  const std::string id = kId;
  EXPECT_EQ(folder_of_part("staged/" + id + "/x", id), "staged/" + id + "/");
  EXPECT_EQ(folder_of_part("a/b/staged/" + id + "/x", id), "a/b/staged/" + id + "/");
  for (const std::string& key : {"staged/" + id + "/", "staged/" + id, "unstaged/" + id + "/x", id + "/x",
                                 "staged/" + id + "/y/x", std::string("x")}) {
    EXPECT_EQ(folder_of_part(key, id), std::nullopt) << key;
  }
}

TEST(FingerprintOfAPart, IsOfEveryObject) {
  StagedPart other = part();
  EXPECT_EQ(fingerprint_of(part()), fingerprint_of(other));
  other.objects[1].etag = "e3";
  EXPECT_NE(fingerprint_of(part()), fingerprint_of(other));
}

TEST(PartsOfAWrite, TakeATypeFromThoseThatKnowIt) {
  StagedPart known = part(kOther);
  known.columns[1] = {.name = "name", .type = "date", .source_type = "date32[day]"};
  for (const auto& parts : {std::vector{part(), known}, std::vector{known, part()}}) {
    EXPECT_EQ(columns_of(parts)[1].type, "date");
    EXPECT_FALSE(columns_of(parts)[1].only_nulls);
  }
  EXPECT_TRUE(columns_of(std::vector{part(), part(kOther)})[1].only_nulls);
}

TEST(PartsOfAWrite, SayAllThatTheyDoNotAgreeIn) {
  StagedPart real = part(kOther);
  real.columns[0] = {.name = "id", .type = "double precision", .source_type = "double"};
  StagedPart fewer = part(new_id());
  fewer.columns.pop_back();
  const std::string said = refusal({part(), real, fewer, part()});
  EXPECT_THAT(said, HasSubstr("has id as double precision (double), others have it as bigint (int64)"));
  EXPECT_THAT(said, HasSubstr("has the columns id; users \"3\" (01234567"));
  EXPECT_THAT(said, HasSubstr("(01234567-89ab-4cde-8f01-23456789abcd) is there twice"));
}

TEST(PartsOfAWrite, HaveEachAPartitionOfItsOwnOrNone) {
  StagedPart one = part();
  StagedPart other = part(kOther);
  one.partition = other.partition = 3;
  EXPECT_THAT(refusal({one, other}), HasSubstr("are both of partition 3"));
  other.partition = 4;
  EXPECT_EQ(refusal({one, other}), "none");
  other.partition.reset();
  EXPECT_THAT(refusal({one, other}), HasSubstr("says no partition"));
}

TEST(StagedText, GoesIntoWhatItWouldBeTheSameFor) {
  const auto goes = [](const char* staged, const char* into) {
    return !misfit({.name = "c", .type = staged, .source_type = "x"}, *table::parse_type(into));
  };
  for (const auto& [staged, into] : std::vector<std::pair<const char*, const char*>>{{"bigint", "smallint"},
                                                                                     {"integer", "numeric(20,2)"},
                                                                                     {"integer", "real"},
                                                                                     {"bigint", "varchar(20)"},
                                                                                     {"numeric(5,2)", "numeric(20,3)"},
                                                                                     {"numeric(5,0)", "integer"},
                                                                                     {"real", "double precision"},
                                                                                     {"varchar(9)", "date"},
                                                                                     {"varchar(65535)", "super"},
                                                                                     {"super", "varchar(99)"},
                                                                                     {"date", "date"},
                                                                                     {"timestamptz", "timestamptz"},
                                                                                     {"boolean", "boolean"},
                                                                                     {"varbyte(9)", "varbyte(2)"}}) {
    EXPECT_TRUE(goes(staged, into)) << staged << " into " << into;
  }
  for (const auto& [staged, into] :
       std::vector<std::pair<const char*, const char*>>{{"numeric(5,2)", "numeric(20,1)"},
                                                        {"numeric(5,2)", "integer"},
                                                        {"double precision", "integer"},
                                                        {"double precision", "numeric(9,2)"},
                                                        {"date", "timestamp"},
                                                        {"timestamp", "date"},
                                                        {"timestamp", "timestamptz"},
                                                        {"boolean", "integer"},
                                                        {"varbyte(9)", "varchar(9)"},
                                                        {"bigint", "date"},
                                                        {"bigint", "super"}}) {
    EXPECT_FALSE(goes(staged, into)) << staged << " into " << into;
  }
  EXPECT_FALSE(misfit({.name = "c", .type = "varchar(256)", .source_type = "null", .only_nulls = true},
                      *table::parse_type("date")));
  EXPECT_THAT(misfit({.name = "seen", .type = "date", .source_type = "date32[day]"}, *table::parse_type("timestamp")),
              testing::Optional(HasSubstr("seen was staged as date (date32[day]), and the table has it as timestamp")));
}

}  // namespace
}  // namespace penstock
