#include "reconcile/row_spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "penstock/error.h"

namespace penstock::reconcile {
namespace {

using Row = std::vector<std::optional<std::string>>;

class GivenRows final : public Rows {
 public:
  explicit GivenRows(std::vector<Row> rows) : rows_(std::move(rows)) {}
  bool next() override { return ++at_ <= rows_.size(); }
  [[nodiscard]] std::string_view text(int column) const override {
    const auto& cell = rows_.at(at_ - 1).at(static_cast<std::size_t>(column));
    return cell ? std::string_view(*cell) : std::string_view();
  }
  [[nodiscard]] bool is_null(int column) const override {
    return !rows_.at(at_ - 1).at(static_cast<std::size_t>(column));
  }

 private:
  const std::vector<Row> rows_;
  std::size_t at_ = 0;
};

TEST(RowSpool, GivesRowsAsTheyWere) {
  std::vector<Row> all{{"", std::nullopt}, {"a\nb\"", "\xC3\xA9"}, {std::nullopt, std::string(200'000, 'x')}};
  for (int i = 0; i < 30'000; ++i)
    all.push_back({std::to_string(i), std::string(static_cast<std::size_t>(i % 50), 'y')});
  GivenRows given(all);
  RowSpool spool("/tmp", 2);
  while (given.next()) spool.add(given);
  const auto kept = spool.rows();
  for (const Row& row : all) {
    ASSERT_TRUE(kept->next());
    for (int column = 0; column < 2; ++column) {
      const auto& cell = row[static_cast<std::size_t>(column)];
      ASSERT_EQ(kept->is_null(column), !cell);
      ASSERT_EQ(kept->text(column), cell.value_or(""));
    }
  }
  EXPECT_FALSE(kept->next());
  EXPECT_FALSE(kept->next()) << "and stays at its end";
}

TEST(RowSpool, OfNothingHasNoRows) { EXPECT_FALSE(RowSpool("/tmp", 3).rows()->next()); }

TEST(RowSpool, SaysWhereItCanNotBe) {
  try {
    RowSpool("/nowhere/at all", 1);
    ADD_FAILURE() << "it was made";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(),
                 "keep rows: make a file in /nowhere/at all: No such file or directory; TMPDIR names another folder");
  }
}

}  // namespace
}  // namespace penstock::reconcile
