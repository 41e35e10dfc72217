#include "load/attempt.h"

#include <gmock/gmock.h>

#include <set>

#include "base/text.h"

namespace penstock {
namespace {

TEST(AttemptId, IsARandomUuid) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_id();
    EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000U);
}

TEST(AttemptLabel, IsReadBackAsItWas) {
  for (const auto& [schema, table] : {std::pair<std::string, std::string>{"api_hits", "pages"},
                                      {"a.b:c%d", "e f\ng"},
                                      {"s'chema\"", "t\\ü"},
                                      {"%41", "%"}}) {
    const AttemptLabel label{new_id(), schema, table, "2015-07-01T02:00:00+02:00"};
    const auto read = read_label(to_string(label) + "     ");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->attempt_id, label.attempt_id);
    EXPECT_EQ(read->schema, schema);
    EXPECT_EQ(read->table, table);
    EXPECT_EQ(read->data_date, label.data_date);
  }
}

TEST(AttemptLabel, FitsWhatTheClusterKeeps) {
  std::string wide;
  for (int i = 0; i < 42; ++i) wide += "ü.€";
  const std::string text = to_string({new_id(), wide, wide, "2015-07-01T02:00:00+02:00"});
  EXPECT_LE(text.size(), 320U);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_TRUE(read_label(text));
}

TEST(AttemptLabel, IsNotReadFromOthersLabels) {
  EXPECT_FALSE(read_label("default"));
  EXPECT_FALSE(read_label(""));
}

}  // namespace
}  // namespace penstock
