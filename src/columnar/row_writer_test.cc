#include "columnar/row_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include "penstock/error.h"
#include "store/temp_folder.h"

namespace penstock::columnar {
namespace {

class RowsOnDisk : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<RowWriter> writer(RowFormat format) const {
    return std::make_unique<RowWriter>(std::vector<RowColumn>{{"key", ValueType::text},
                                                              {"size", ValueType::integer},
                                                              {"is", ValueType::boolean},
                                                              {"at", ValueType::timestamp}},
                                       format, Compression::none, local_sink(path(), Existing::refuse));
  }
  [[nodiscard]] std::string path() const { return (folder_.path() / "rows").string(); }
  [[nodiscard]] std::string bytes() const {
    std::ifstream stream(path());
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  TempFolder folder_;
};

const RowTime kMoment{std::chrono::sys_days{std::chrono::year{2014} / 10 / 20} + std::chrono::microseconds(1)};

TEST_F(RowsOnDisk, AreCsvWithAHeader) {
  const auto rows = writer(RowFormat::csv);
  rows->add(std::array<RowValue, 4>{"a,b", std::int64_t{7}, true, kMoment});
  rows->add(std::array<RowValue, 4>{"", std::monostate(), false, std::monostate()});
  rows->commit();
  EXPECT_THAT(bytes(), testing::MatchesRegex("key,size,is,at\n\"a,b\",7,t(rue)?,2014-10-20.00:00:00.000001[^\n]*\n"
                                             "\"\",,f(alse)?,\n"));
}

TEST_F(RowsOnDisk, AreWrittenInSeveralBatches) {
  const auto rows = writer(RowFormat::json);
  constexpr std::int64_t kRows = 20'000;
  for (std::int64_t i = 0; i < kRows; ++i) {
    rows->add(std::array<RowValue, 4>{std::monostate(), i, std::monostate(), std::monostate()});
  }
  rows->commit();
  const std::string text = bytes();
  EXPECT_EQ(std::ranges::count(text, '\n'), kRows);
  EXPECT_THAT(text, testing::HasSubstr("\"size\":19999"));
}

TEST_F(RowsOnDisk, AreNotThereWithoutCommit) {
  writer(RowFormat::parquet)->add(std::array<RowValue, 4>{"a", std::int64_t{7}, true, kMoment});
  EXPECT_FALSE(std::ifstream(path()).is_open());
}

TEST_F(RowsOnDisk, HaveTheColumnsThatWereNamed) {
  const auto rows = writer(RowFormat::csv);
  EXPECT_THROW(rows->add(std::array<RowValue, 1>{"a"}), Error);
  EXPECT_THROW(rows->add(std::array<RowValue, 4>{true, std::int64_t{7}, true, kMoment}), Error);
}

}  // namespace
}  // namespace penstock::columnar
