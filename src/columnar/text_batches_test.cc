#include "columnar/text_batches.h"

#include <arrow/array/array_primitive.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "penstock/error.h"
#include "staging/text_reader.h"

namespace penstock::columnar {
namespace {

using testing::HasSubstr;
using testing::Property;
using testing::Throws;

constexpr std::size_t kSmall = 64 << 10;  // of a chunk: as small as they get

TextBatchOptions options_of(const std::string& type, unsigned workers, staging::Shape shape = staging::CsvShape{}) {
  return {.shape = std::move(shape),
          .columns = {{.name = "n", .type = table::parse_type(type).value(), .member = "n"}},
          .memory = 1,
          .chunk_bytes = kSmall,
          .workers = workers};
}

staging::Input input_of(std::string name, std::string text, std::uint64_t skip = 0) {
  return {.name = std::move(name),
          .open = [text = std::move(text)] { return std::make_unique<staging::TextReader>(text); },
          .skip = skip};
}

std::string numbers(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += std::to_string(i) + "\n";
  return text;
}

// Of a batch of the column n alone.
std::int64_t value_at(const arrow::RecordBatch& batch, std::int64_t row) {
  return arrow::internal::checked_cast<const arrow::Int64Array&>(*batch.column(0)).Value(row);
}

// Gives one text again and again, and counts what it gave.
class Endless final : public ObjectReader {
 public:
  Endless(std::string text, std::atomic<std::uint64_t>& given) : text_(std::move(text)), given_(given) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min(buffer.size(), text_.size() - at_);
    std::ranges::copy(std::as_bytes(std::span(text_)).subspan(at_, count), buffer.begin());
    at_ = (at_ + count) % text_.size();
    given_ += count;
    return count;
  }

 private:
  const std::string text_;
  std::atomic<std::uint64_t>& given_;
  std::size_t at_ = 0;
};

TEST(TextBatches, KeepsTheOrderOfTheSourceOverManyChunksAndInputs) {
  for (const unsigned workers : {1U, 4U}) {
    const auto reader = text_batches({input_of("a.csv", "n\n" + numbers(0, 200'000), 1), input_of("empty.csv", ""),
                                      input_of("b.csv", numbers(200'000, 300'000))},
                                     options_of("bigint", workers), {});
    EXPECT_EQ(reader->schema()->ToString(), "n: int64");
    std::int64_t next = 0;
    std::size_t batches = 0;
    while (const auto batch = reader->next()) {
      ++batches;
      ASSERT_GT(batch->num_rows(), 0);
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) ASSERT_EQ(value_at(*batch, row), next++);
    }
    EXPECT_EQ(next, 300'000);
    EXPECT_GT(batches, 20);
    EXPECT_EQ(reader->bytes_read(), 2 + numbers(0, 300'000).size());
    EXPECT_EQ(reader->next(), nullptr) << "it stays at its end";
  }
}

TEST(TextBatches, ReadsJsonLines) {
  const auto reader =
      text_batches({input_of("a.jsonl", "{\"n\":1}\n{\"n\":2}")}, options_of("bigint", 2, staging::JsonShape{}), {});
  const auto batch = reader->next();
  ASSERT_EQ(batch->num_rows(), 2);
  EXPECT_EQ(value_at(*batch, 1), 2);
  EXPECT_EQ(reader->next(), nullptr);
}

TEST(TextBatches, HasNoBatchOfASourceWithoutRows) {
  for (const std::string text : {"", "n\n", "n"}) {
    EXPECT_EQ(text_batches({input_of("a.csv", text, 1)}, options_of("int", 2), {})->next(), nullptr);
  }
}

TEST(TextBatches, GivesWhatIsBeforeAnErrorFirst) {
  for (const unsigned workers : {1U, 4U}) {
    const auto reader = text_batches({input_of("a.csv", numbers(0, 200'000) + "x\n" + numbers(0, 200'000) + "y\n")},
                                     options_of("bigint", workers), {});
    std::int64_t rows = 0;
    const auto read_all = [&] {
      while (const auto batch = reader->next()) rows += batch->num_rows();
    };
    EXPECT_THAT(read_all, testing::ThrowsMessage<Error>(HasSubstr("a.csv line 200001: column n: 'x': no bigint")));
    EXPECT_GT(rows, 150'000);
    EXPECT_LE(rows, 200'000);
  }
}

TEST(TextBatches, TellsWhatReadersThrow) {
  staging::Input broken = input_of("b.csv", "");
  broken.open = []() -> std::unique_ptr<ObjectReader> { throw Error(ErrorKind::not_found, "b.csv is gone"); };
  const auto reader = text_batches({input_of("a.csv", "1\n"), broken}, options_of("bigint", 2), {});
  EXPECT_EQ(reader->next()->num_rows(), 1);
  EXPECT_THAT([&] { reader->next(); }, testing::ThrowsMessage<Error>("b.csv is gone"));
}

TEST(TextBatches, EndsWhenStopped) {
  std::atomic<std::uint64_t> given = 0;
  std::stop_source stop;
  staging::Input input{.name = "a.csv", .open = [&] { return std::make_unique<Endless>("1\n2\n", given); }};
  const auto reader = text_batches({input}, options_of("bigint", 2), stop.get_token());
  EXPECT_NE(reader->next(), nullptr);
  stop.request_stop();
  const auto read_all = [&] {
    while (reader->next()) {
    }
  };
  EXPECT_THAT(read_all, Throws<Error>(Property(&Error::kind, ErrorKind::cancelled)));
}

// Whoever does not take what is there stops the reading; and an endless source is given up with the reader.
TEST(TextBatches, HoldsNoMoreThanWaitsToBeTaken) {
  // blank lines, fields that are nothing: what takes more room as columns than as text
  for (const std::string text : {"1\n2\n", "\n\n\n\n", "12345678\n"}) {
    std::atomic<std::uint64_t> given = 0;
    staging::Input input{.name = "a.csv", .open = [&] { return std::make_unique<Endless>(text, given); }};
    const std::int64_t before = arrow::default_memory_pool()->bytes_allocated();
    const auto reader = text_batches({input}, options_of("numeric(38,0)", 2), {});
    for (int i = 0; i < 50; ++i) ASSERT_NE(reader->next(), nullptr);
    EXPECT_LT(given, 50 * kSmall + 20 * kSmall) << "no further than the chunks that may wait";
    EXPECT_LT(arrow::default_memory_pool()->bytes_allocated() - before, static_cast<std::int64_t>(80 * kSmall));
  }
}

TEST(TextBatches, MakesSmallBatchesOfRowsThatAreLargerThanTheirText) {
  TextBatchOptions options{.shape = staging::JsonShape{}, .memory = 1, .chunk_bytes = kSmall, .workers = 2};
  for (int i = 0; i < 100; ++i) {
    const std::string name = "c" + std::to_string(i);
    options.columns.push_back({.name = name, .type = {.name = table::TypeName::bigint}, .member = name});
  }
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "{}\n";
  const auto reader = text_batches({input_of("a.jsonl", text)}, options, {});
  std::int64_t rows = 0;
  while (const auto batch = reader->next()) {
    rows += batch->num_rows();
    EXPECT_LE(batch->num_rows(), 2 * kSmall / 800);
  }
  EXPECT_EQ(rows, 10'000);
}

TEST(TextBatches, RefusesTypesThatFilesDoNotHold) {
  EXPECT_THAT([] { text_batches({}, options_of("hllsketch", 1), {}); }, Throws<Error>());
}

}  // namespace
}  // namespace penstock::columnar
