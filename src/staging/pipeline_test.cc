#include "staging/pipeline.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "codec/decompress.h"
#include "penstock/error.h"
#include "staging/text_reader.h"

namespace penstock::staging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StageTest : public testing::Test {
 protected:
  StageTest() { buckets_->create_bucket("bucket"); }

  static Input input(std::string name, std::string text, std::uint64_t skip = 0) {
    return {.name = std::move(name),
            .open = [text = std::move(text)] { return std::make_unique<TextReader>(text, 1000); },
            .skip = skip};
  }

  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto listing = store_->list("");
    while (auto object = listing->next()) keys.push_back(object->key);
    return keys;
  }

  std::string text_of(const ObjectInfo& object) {
    const auto reader = decompressed(store_->open(object), codec_of(object.key), object.key);
    std::string text;
    std::vector<std::byte> buffer(1 << 16);
    while (const std::size_t count = reader->read(buffer))
      text.append(reinterpret_cast<const char*>(buffer.data()), count);
    return text;
  }

  // Position -> the rest of the record, from all parts.
  std::map<std::uint64_t, std::string> records_of(const Staged& staged) {
    std::map<std::uint64_t, std::string> records;
    for (const Part& part : staged.parts) {
      std::string text = text_of(part.object);
      std::uint64_t count = 0;
      for (std::size_t at = 0; at < text.size(); ++count) {
        const std::size_t end = text.find('\n', at);
        const std::size_t comma = text.rfind(',', end);
        const bool is_new =
            records.emplace(std::stoull(text.substr(comma + 1, end - comma - 1)), text.substr(at, comma - at)).second;
        EXPECT_TRUE(is_new) << "twice: " << text.substr(at, end - at);
        at = end + 1;
      }
      EXPECT_EQ(count, part.records) << part.object.key;
    }
    return records;
  }

  std::unique_ptr<Buckets> buckets_ = open_memory();
  std::unique_ptr<ObjectStore> store_ = buckets_->open("bucket");
};

std::string numbers(unsigned from, unsigned to) {
  std::string text;
  for (unsigned i = from; i < to; ++i) text += "row " + std::to_string(i) + "," + std::string(i % 90, 'x') + "y\n";
  return text;
}

TEST_F(StageTest, BringsEveryRecordOnceWithItsPosition) {
  const Input inputs[] = {input("a.csv", "name,text\n" + numbers(0, 30'000), 1),
                          input("b.csv", numbers(30'000, 50'000))};
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    for (const unsigned workers : {1U, 3U}) {
      const std::string prefix = "run" + std::to_string(static_cast<int>(compression)) + std::to_string(workers) + "/";
      Progress last;
      const StageOptions options{.shape = CsvShape{.fields = 2, .with_position = true},
                                 .compression = compression,
                                 .memory = 1 << 20,  // the smallest chunks
                                 .part_bytes = 600'000,
                                 .workers = workers,
                                 .on_progress = [&](const Progress& progress) { last = progress; }};
      const Staged staged = stage(inputs, *store_, prefix, options, {});
      EXPECT_GT(staged.parts.size(), 3U);
      EXPECT_EQ(staged.records, 50'000U);
      EXPECT_EQ(last.records, 50'000U);
      EXPECT_EQ(staged.bytes_read, last.bytes);
      const auto records = records_of(staged);
      ASSERT_THAT(records, SizeIs(50'000));
      for (const auto& [position, text] : records) {
        const auto row = static_cast<unsigned>(position - 1);
        ASSERT_EQ(text, "row " + std::to_string(row) + "," + std::string(row % 90, 'x') + "y");
      }
    }
  }
}

// Numbers as records, so many a batch, each written in pieces; the one that is `bad` is refused.
class Numbers final : public RecordBatches {
 public:
  Numbers(unsigned count, unsigned bad) : count_(count), bad_(bad) {}

  std::unique_ptr<RecordBatch> next() override {
    if (from_ == count_) return nullptr;
    const unsigned from = std::exchange(from_, std::min(from_ + 1000, count_));
    return std::make_unique<Batch>(from, from_, bad_);
  }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return from_; }

 private:
  class Batch final : public RecordBatch {
   public:
    Batch(unsigned from, unsigned to, unsigned bad) : first_(from), next_(from), to_(to), bad_(bad) {}
    [[nodiscard]] std::uint64_t records() const noexcept override { return to_ - first_; }
    std::uint64_t append(std::uint64_t first_position, std::size_t, Buffer& out) override {
      const unsigned begin = next_;
      for (; next_ < std::min(begin + 300, to_); ++next_) {
        if (next_ == bad_) throw Error(ErrorKind::refused, "record " + std::to_string(bad_));
        out.append("row " + std::to_string(next_) + "," + std::to_string(first_position + next_ - first_) + "\n");
      }
      return next_ - begin;
    }

   private:
    const unsigned first_;
    unsigned next_;
    const unsigned to_;
    const unsigned bad_;
  };

  const unsigned count_;
  const unsigned bad_;
  unsigned from_ = 0;
};

Input numbers_input(unsigned count, unsigned bad) {
  return {.name = "numbers",
          .open_batches = [=](const CsvShape&, std::size_t) { return std::make_unique<Numbers>(count, bad); }};
}

TEST_F(StageTest, BringsBatchesAsItBringsText) {
  const Input inputs[] = {numbers_input(25'500, 99'999), input("b.csv", numbers(25'500, 27'000)),
                          numbers_input(10, 99'999)};
  const StageOptions options{
      .shape = CsvShape{.fields = 2, .with_position = true}, .part_bytes = 100'000, .workers = 3};
  const Staged staged = stage(inputs, *store_, "run/", options, {});
  EXPECT_EQ(staged.records, 27'010U);
  const auto records = records_of(staged);
  ASSERT_THAT(records, SizeIs(27'010));
  for (const auto& [position, text] : records) {
    const auto row = (position - 1) % 27'000;
    ASSERT_THAT(text, testing::StartsWith("row " + std::to_string(row)));
  }
}

TEST_F(StageTest, TellsTheEarliestRefusedRecordOfBatchesAndLeavesNothing) {
  const Input inputs[] = {numbers_input(30'000, 17'000)};
  const StageOptions options{.shape = CsvShape{.fields = 1}, .part_bytes = 10'000, .workers = 3};
  EXPECT_THAT([&] { stage(inputs, *store_, "run/", options, {}); }, testing::ThrowsMessage<Error>("record 17000"));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(StageTest, WritesNoPartForNoRecord) {
  const Input inputs[] = {input("a.csv", "name\n", 1), input("b.csv", "")};
  const Staged staged = stage(inputs, *store_, "run/", {.shape = CsvShape{.fields = 1}}, {});
  EXPECT_EQ(staged.records, 0U);
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(StageTest, TellsTheEarliestRefusedRecordAndLeavesNothing) {
  std::string text = numbers(0, 40'000);
  text.insert(text.find("row 20000,"), "one field\n");
  text.insert(text.find("row 30000,"), "one field\n");
  const Input inputs[] = {input("a.csv", text)};
  for (int round = 0; round < 20; ++round) {
    try {
      stage(inputs, *store_, "run/",
            {.shape = CsvShape{.fields = 2}, .memory = 1 << 20, .part_bytes = 100'000, .workers = 4}, {});
      FAIL() << "nothing was refused";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      EXPECT_STREQ(e.what(), "a.csv line 20001: 1 field, where 2 are expected");
    }
    ASSERT_THAT(keys(), IsEmpty());
    ASSERT_THAT(store_->open_uploads(""), IsEmpty());
  }
}

TEST_F(StageTest, LeavesNothingWhenAReaderFails) {
  class Broken final : public ObjectReader {
   public:
    std::size_t read(std::span<std::byte> buffer) override {
      if (++reads_ > 40) throw Error(ErrorKind::unavailable, "the source is gone");
      std::ranges::fill(buffer, std::byte{'\n'});
      buffer[0] = std::byte{'a'};
      return buffer.size();
    }

   private:
    int reads_ = 0;
  };
  const Input inputs[] = {{.name = "x", .open = [] { return std::make_unique<Broken>(); }}};
  EXPECT_THROW(stage(inputs, *store_, "run/", {.shape = CsvShape{}, .memory = 1 << 20, .part_bytes = 1000}, {}), Error);
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(StageTest, LeavesNothingWhenTheStoreFails) {
  const Input inputs[] = {input("a.csv", numbers(0, 40'000))};
  // a part that is in the way: another run's, under the same prefix
  write_all(*store_, "run/part-00003.csv.gz", "not ours");
  const StageOptions options{.shape = CsvShape{.fields = 2}, .memory = 1 << 20, .part_bytes = 200'000, .workers = 2};
  EXPECT_THROW(stage(inputs, *store_, "run/", options, {}), Error);
  EXPECT_THAT(keys(), ElementsAre("run/part-00003.csv.gz"));
}

TEST_F(StageTest, StopsWhenAskedAndLeavesNothing) {
  std::stop_source stop;
  const Input inputs[] = {input("a.csv", numbers(0, 100'000))};
  const StageOptions options{.shape = CsvShape{.fields = 2},
                             .memory = 1 << 20,
                             .part_bytes = 200'000,
                             .on_progress = [&](const Progress& progress) {
                               if (progress.records > 30'000) stop.request_stop();
                             }};
  try {
    stage(inputs, *store_, "run/", options, stop.get_token());
    FAIL() << "it went on to the end";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
  EXPECT_THAT(keys(), IsEmpty());
}

// Of numbers(): what says "row", a number that ends in 77.
class NoRow77 final : public ValueRules {
 public:
  [[nodiscard]] std::optional<std::string> fault_of(std::size_t field,
                                                    std::optional<std::string_view> value) const override {
    if (field == 0 && value && value->ends_with("77")) return "ends in 77";
    return std::nullopt;
  }
  [[nodiscard]] bool takes_json(std::size_t /*field*/) const override { return false; }
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }

 private:
  const std::vector<std::string> names_{"row", "text"};
};

// Where each bad record is: input:line, and its text.
struct Told {
  std::vector<std::string> places;
  std::string texts;

  std::function<void(const BadRecord&)> listener() {
    return [this](const BadRecord& record) {
      places.push_back(std::string(record.input) + ":" + std::to_string(record.line));
      texts += record.text;
    };
  }
};

std::vector<std::string> places_of_77(const std::string& input, unsigned from, unsigned to, unsigned first_line) {
  std::vector<std::string> places;
  for (unsigned i = from; i < to; ++i) {
    if (i % 100 == 77) places.push_back(input + ":" + std::to_string(i - from + first_line));
  }
  return places;
}

TEST_F(StageTest, SetsBadRecordsAsideAndTellsThemInTheirOrder) {
  const Input inputs[] = {input("a.csv", "name,text\n" + numbers(0, 30'000), 1),
                          input("b.csv", numbers(30'000, 50'000))};
  auto places = places_of_77("a.csv", 0, 30'000, 2);
  std::ranges::move(places_of_77("b.csv", 30'000, 50'000, 1), std::back_inserter(places));
  for (const unsigned workers : {1U, 3U}) {
    Told told;
    const auto staged = stage(
        inputs, *store_, "p" + std::to_string(workers) + "/",
        {.shape = CsvShape{.fields = 2, .with_position = true},
         .memory = 1,
         .workers = workers,
         .inspection = Inspection{.rules = std::make_shared<NoRow77>(), .sets_aside = true, .found = told.listener()}},
        {});
    EXPECT_EQ(staged.bad, 500U);
    EXPECT_EQ(staged.records, 49'500U);
    EXPECT_EQ(told.places, places);
    std::string last;
    for (const auto& [position, record] : records_of(staged)) {
      EXPECT_FALSE(record.substr(0, record.find(',')).ends_with("77")) << record;
      const std::string row = record.substr(4, record.find(',') - 4);
      EXPECT_TRUE(last.empty() || std::stoul(last) < std::stoul(row)) << "positions keep the order: " << record;
      last = row;
    }
  }
}

TEST_F(StageTest, StagesNothingOfWhatHasABadRecordAndTellsThemAll) {
  const Input inputs[] = {input("a.csv", numbers(0, 30'000)), input("b.csv", numbers(0, 100) + "row 100,\"x\n"),
                          input("c.csv", "row 177,x\n1\n")};
  for (const bool stages : {true, false}) {
    Told told;
    const StageOptions how{.shape = CsvShape{.fields = 2},
                           .memory = 1,
                           .part_bytes = 1000,
                           .workers = 3,
                           .inspection = Inspection{.rules = std::make_shared<NoRow77>(), .found = told.listener()}};
    const auto staged = stages ? stage(inputs, *store_, "p/", how, {}) : inspect(inputs, how, {});
    auto places = places_of_77("a.csv", 0, 30'000, 1);
    for (const char* place : {"b.csv:78", "b.csv:101", "c.csv:1", "c.csv:2"}) places.emplace_back(place);
    EXPECT_EQ(told.places, places);
    EXPECT_EQ(staged.bad, places.size());
    EXPECT_EQ(staged.records, 30'103U);
    EXPECT_THAT(staged.parts, IsEmpty());
    EXPECT_THAT(keys(), IsEmpty());
  }
}

TEST_F(StageTest, StagesAllOfWhatHasNoBadRecord) {
  const Input inputs[] = {input("a.csv", numbers(0, 70))};
  const auto staged = stage(inputs, *store_, "p/",
                            {.shape = CsvShape{.fields = 2, .with_position = true},
                             .inspection = Inspection{.rules = std::make_shared<NoRow77>()}},
                            {});
  EXPECT_EQ(records_of(staged).size(), 70U);
  EXPECT_EQ(staged.bad, 0U);
}

}  // namespace
}  // namespace penstock::staging
