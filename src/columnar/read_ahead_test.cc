#include "columnar/read_ahead.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace penstock::columnar {
namespace {

constexpr std::size_t kMegabyte = 1 << 20;

std::byte byte_at(std::uint64_t position) { return static_cast<std::byte>(position * 7 + position / 251); }

// A source that counts what is asked of it.
class Source {
 public:
  ReadAhead::Fetch fetch() {
    return [this](std::uint64_t position, std::span<std::byte> out) {
      fetched_ += out.size();
      for (std::byte& byte : out) byte = byte_at(position++);
    };
  }
  [[nodiscard]] std::size_t fetched() const { return fetched_; }

 private:
  std::atomic<std::size_t> fetched_ = 0;
};

// Reads as a file does: what is not ahead, by itself.
std::size_t read_all(ReadAhead& ahead, std::uint64_t position, std::size_t size, std::size_t step) {
  std::size_t missed = 0;
  std::vector<std::byte> buffer(step);
  for (const std::uint64_t end = position + size; position < end;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(step, end - position));
    const std::size_t count = ahead.read(position, std::span(buffer).first(wanted));
    if (count == 0) {
      const auto own = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, ahead.next_piece(position) - position));
      missed += own;
      position += own;
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(buffer[i], byte_at(position + i)) << position + i;
    position += count;
  }
  return missed;
}

TEST(ReadAhead, GivesWhatItFetched) {
  Source source;
  const std::vector<ExpectedGroup> groups{
      {.ranges = {{.offset = 100, .length = 3 * kMegabyte}, {.offset = 5 * kMegabyte, .length = 10}}}};
  ReadAhead ahead(source.fetch(), groups, 16 * kMegabyte, 2);
  EXPECT_EQ(read_all(ahead, 0, 100, 64), 100U) << "before the first";
  EXPECT_EQ(read_all(ahead, 100, 3 * kMegabyte, 100'000), 0U);
  EXPECT_EQ(read_all(ahead, 5 * kMegabyte, 10, 100), 0U);
  EXPECT_EQ(read_all(ahead, 6 * kMegabyte, 10, 100), 10U) << "behind the last";
  EXPECT_EQ(source.fetched(), 3 * kMegabyte + 10);
}

TEST(ReadAhead, HoldsNoMoreThanItsBudget) {
  Source source;
  std::vector<ExpectedGroup> groups;
  for (std::uint64_t group = 0; group < 20; ++group)
    groups.push_back({.ranges = {{.offset = group * kMegabyte, .length = kMegabyte}}});
  ReadAhead ahead(source.fetch(), groups, 4 * kMegabyte, 3);
  std::size_t missed = 0;
  for (std::uint64_t group = 0; group < 20; ++group) {
    missed += read_all(ahead, group * kMegabyte, kMegabyte, 64 << 10);
    EXPECT_LE(source.fetched(), (group + 1) * kMegabyte + 4 * kMegabyte);
  }
  EXPECT_EQ(missed, 0U);
  EXPECT_EQ(source.fetched(), 20 * kMegabyte);
}

TEST(ReadAhead, GivesUpWhatNobodyReads) {
  Source source;
  std::vector<ExpectedGroup> groups;
  for (std::uint64_t group = 0; group < 20; ++group)
    groups.push_back({.ranges = {{.offset = group * kMegabyte, .length = kMegabyte}}});
  ReadAhead ahead(source.fetch(), groups, 2 * kMegabyte, 2);
  for (std::uint64_t group = 0; group < 20; ++group) {
    EXPECT_EQ(read_all(ahead, group * kMegabyte, 1000, 1000), 0U) << "of each only a little: " << group;
  }
}

TEST(ReadAhead, LeavesLargeGroupsToWhoReadsThem) {
  Source source;
  const std::vector<ExpectedGroup> groups{{.ranges = {{.offset = 0, .length = 3 * kMegabyte}}},
                                          {.ranges = {{.offset = 4 * kMegabyte, .length = 10}}}};
  ReadAhead ahead(source.fetch(), groups, 4 * kMegabyte, 1);
  EXPECT_EQ(read_all(ahead, 0, 3 * kMegabyte, 100'000), 3 * kMegabyte);
  EXPECT_EQ(read_all(ahead, 4 * kMegabyte, 10, 10), 0U);
  EXPECT_EQ(source.fetched(), 10U);
}

// Two columns of a row group that is larger than what may be held.
std::vector<ExpectedGroup> two_streams() {
  return {{.ranges = {{.offset = 0, .length = 6 * kMegabyte}, {.offset = 6 * kMegabyte, .length = 3 * kMegabyte}},
           .are_streams = true}};
}

TEST(ReadAhead, FetchesTheStreamsOfALargeGroupSideBySide) {
  Source source;
  ReadAhead ahead(source.fetch(), two_streams(), 4 * kMegabyte, 2);
  for (std::uint64_t step = 0; step < 12; ++step) {
    EXPECT_EQ(read_all(ahead, step * kMegabyte / 2, kMegabyte / 2, 100'000), 0U);
    EXPECT_EQ(read_all(ahead, 6 * kMegabyte + step * kMegabyte / 4, kMegabyte / 4, 100'000), 0U);
    EXPECT_LE(source.fetched(), (step + 1) * 3 * kMegabyte / 4 + 4 * kMegabyte);
  }
  EXPECT_EQ(source.fetched(), 9 * kMegabyte);
}

TEST(ReadAhead, FetchesAtOnceWhatIsAskedForBeforeItsTurn) {
  Source source;
  ReadAhead ahead(source.fetch(), two_streams(), 4 * kMegabyte, 2);
  EXPECT_EQ(read_all(ahead, 6 * kMegabyte, 3 * kMegabyte, 100'000), 0U) << "of one column all, while the other waits";
  EXPECT_EQ(read_all(ahead, 0, 6 * kMegabyte, 100'000), 0U);
  EXPECT_EQ(source.fetched(), 9 * kMegabyte);
}

TEST(ReadAhead, SaysWhyAPieceCouldNotBeFetched) {
  const auto fetch = [](std::uint64_t, std::span<std::byte>) { throw std::runtime_error("the disk is gone"); };
  ReadAhead ahead(fetch, {{.ranges = {{.offset = 0, .length = 10}}}}, kMegabyte, 1);
  std::byte byte{};
  EXPECT_THAT([&] { ahead.read(0, {&byte, 1}); }, testing::ThrowsMessage<std::runtime_error>("the disk is gone"));
}

TEST(ReadAhead, EndsWhileThereIsMoreToFetch) {
  Source source;
  const ReadAhead ahead(source.fetch(), {{.ranges = {{.offset = 0, .length = 9 * kMegabyte}}}}, 20 * kMegabyte, 2);
}

}  // namespace
}  // namespace penstock::columnar
