#include "staging/csv_index.h"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

namespace penstock::staging {
namespace {

std::vector<CsvBlock> index(std::string_view text, const CsvDialect& dialect, CsvIndexer::Kernel kernel) {
  std::vector<CsvBlock> blocks((text.size() + kCsvBlockBytes - 1) / kCsvBlockBytes);
  CsvIndexer(dialect, kernel).index(text, blocks);
  return blocks;
}

// The marks of one kind as text: a ^ below each byte that has one.
std::string marks(std::string_view text, std::uint64_t CsvBlock::* kind, const CsvDialect& dialect = {}) {
  const auto blocks = index(text, dialect, CsvIndexer::Kernel::fastest);
  std::string marks;
  for (std::size_t i = 0; i < text.size(); ++i) marks += ((blocks[i / 64].*kind >> (i % 64)) & 1) != 0 ? '^' : ' ';
  return marks;
}

TEST(CsvIndexer, FindsDelimitersAndNewlinesOutsideOfQuotes) {
  EXPECT_EQ(marks("a,\"b,\n\",c\n", &CsvBlock::field_ends),  //
            /*    */ " ^     ^  ");
  EXPECT_EQ(marks("a,\"b,.\",c\n", &CsvBlock::record_ends),  //
            /*    */ "         ^");
  EXPECT_EQ(marks("a,\"b,\n\",c\n", &CsvBlock::newlines),  //
            /*     */ "     ^   ^");
  EXPECT_EQ(marks("\"a\"\",\",b", &CsvBlock::field_ends),  //
            /*    */ "      ^ ")
      << "a doubled quote closes nothing";
}

TEST(CsvIndexer, LeavesAloneWhatAnEscapeIsInFrontOf) {
  const CsvDialect dialect{.escape = '\\'};
  EXPECT_EQ(marks("a\\,b,c", &CsvBlock::field_ends, dialect),  //
            /*     */ "    ^ ");
  EXPECT_EQ(marks("\"a\\\",\",b", &CsvBlock::field_ends, dialect),  //
            /*      */ "      ^ ");
  EXPECT_EQ(marks("a\\\\,b", &CsvBlock::field_ends, dialect),  //
            /*      */ "   ^ ");
}

TEST(CsvIndexer, GoesOnWhereTheTextBeforeEnded) {
  const std::string text = std::string(63, 'x') + "\"" + std::string(64, ',') + "\",";
  CsvIndexer indexer({});
  std::vector<CsvBlock> blocks(2);
  indexer.index(text.substr(0, 64), std::span(blocks).first(1));
  EXPECT_TRUE(indexer.is_inside_quotes());
  indexer.index(text.substr(64), blocks);
  EXPECT_EQ(blocks[0].field_ends, 0U);
  EXPECT_EQ(blocks[1].field_ends, 2U);
  EXPECT_FALSE(indexer.is_inside_quotes());
}

TEST(CsvIndexer, IsItsScalarTwin) {
  std::mt19937 random(20131231);
  const std::string alphabet = "ab,;\"'\n\r\\\t\x80";
  for (const CsvDialect& dialect :
       {CsvDialect{}, CsvDialect{.delimiter = ';', .quote = '\''}, CsvDialect{.delimiter = 'x'}}) {
    for (int round = 0; round < 400; ++round) {
      std::string text(random() % 300, ' ');
      for (char& c : text) c = alphabet[random() % alphabet.size()];
      const auto fast = index(text, dialect, CsvIndexer::Kernel::fastest);
      const auto scalar = index(text, dialect, CsvIndexer::Kernel::scalar);
      for (std::size_t i = 0; i < fast.size(); ++i) {
        ASSERT_EQ(fast[i].field_ends, scalar[i].field_ends) << text;
        ASSERT_EQ(fast[i].record_ends, scalar[i].record_ends) << text;
        ASSERT_EQ(fast[i].newlines, scalar[i].newlines) << text;
        ASSERT_EQ(fast[i].quotes, scalar[i].quotes) << text;
        ASSERT_EQ(fast[i].inside, scalar[i].inside) << text;
      }
    }
  }
}

}  // namespace
}  // namespace penstock::staging
