#include "columnar/text_batches.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <utility>
#include <variant>

#include "base/ordered_queue.h"
#include "base/queue.h"
#include "columnar/fields.h"
#include "penstock/error.h"
#include "staging/splitter.h"

namespace penstock::columnar {
namespace {

constexpr std::size_t kSmallestChunk = 64 << 10;

using Result = std::variant<std::shared_ptr<arrow::RecordBatch>, std::exception_ptr>;

struct Work {
  staging::Chunk chunk;
  std::string_view input;
  std::uint64_t place = 0;  // of what is made of it
};

class TextBatches final : public BatchReader {
 public:
  TextBatches(std::vector<staging::Input> inputs, TextBatchOptions options, std::stop_token stop)
      : inputs_(std::move(inputs)),
        options_(std::move(options)),
        workers_(options_.workers != 0 ? options_.workers : std::max(1U, std::thread::hardware_concurrency())),
        // each worker has a chunk; as many wait, and one is filled. Of each worker's batches two wait to be taken, and
        // they are no larger than their text, mostly.
        chunk_bytes_(std::clamp(options_.memory / (4 * workers_ + 2), std::min(kSmallestChunk, options_.chunk_bytes),
                                options_.chunk_bytes)),
        schema_(schema_of(options_.columns)),
        work_(workers_),
        free_(2 * workers_ + 1),
        batches_(2 * workers_ + 1),
        stop_(std::move(stop)),
        on_stop_(stop_, [this] { give_up_.request_stop(); }) {
    for (unsigned i = 0; i < workers_; ++i) {
      rows_.push_back(text_rows(options_.shape, options_.columns, 2 * chunk_bytes_));
    }
    for (std::size_t i = 0; i < 2 * workers_ + 1; ++i) free_.push({});
    for (const auto& rows : rows_) {
      threads_.emplace_back([this, &rows = *rows] { work(rows); });
    }
    threads_.emplace_back([this] { read(); });
  }
  ~TextBatches() override { give_up_.request_stop(); }
  TextBatches(const TextBatches&) = delete;
  TextBatches& operator=(const TextBatches&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return bytes_read_; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    if (auto result = batches_.pop(give_up_.get_token())) {
      if (auto* batch = std::get_if<std::shared_ptr<arrow::RecordBatch>>(&*result)) return std::move(*batch);
      give_up_.request_stop();
      std::rethrow_exception(std::get<std::exception_ptr>(*result));
    }
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "reading was stopped");
    return nullptr;
  }

 private:
  static std::shared_ptr<arrow::Schema> schema_of(const std::vector<SourceColumn>& columns) {
    arrow::FieldVector fields;
    for (const SourceColumn& column : columns) fields.push_back(field_of(column.name, column.type));
    return arrow::schema(std::move(fields));
  }

  void read() {
    try {
      std::uint64_t before = 0;
      for (const staging::Input& input : inputs_) {
        const auto reader = input.open();
        staging::Splitter splitter(*reader, input.name,
                                   {.dialect = staging::dialect_of(options_.shape),
                                    .chunk_bytes = chunk_bytes_,
                                    .record_limit = options_.record_limit,
                                    .skip = input.skip});
        if (!read(input, splitter, before)) break;
        before = bytes_read_;
      }
    } catch (...) {
      if (const auto place = batches_.begin(give_up_.get_token())) batches_.put(*place, std::current_exception());
    }
    batches_.close();
    work_.close();
  }

  // One input, to its end. False: nobody waits for more.
  bool read(const staging::Input& input, staging::Splitter& splitter, std::uint64_t before) {
    while (auto buffer = free_.pop(give_up_.get_token())) {
      Work work{.chunk = {.buffer = *std::move(buffer)}, .input = input.name};
      const bool is_more = splitter.next(work.chunk);
      bytes_read_ = before + splitter.bytes_read();
      if (!is_more) {
        free_.push(std::move(work.chunk.buffer));
        return true;
      }
      const auto place = batches_.begin(give_up_.get_token());
      if (!place) return false;
      work.place = *place;
      if (!work_.push(std::move(work), give_up_.get_token())) return false;
    }
    return false;
  }

  void work(TextRows& rows) {
    while (auto work = work_.pop(give_up_.get_token())) {
      try {
        rows.begin(work->chunk, work->input);
        while (auto batch = rows.next()) {
          if (!batches_.put(work->place, std::move(batch), give_up_.get_token())) return;
        }
      } catch (...) {
        batches_.put(work->place, std::current_exception(), give_up_.get_token());
        return;  // it is the last that is taken
      }
      batches_.end(work->place);
      give_back(std::move(work->chunk.buffer));
    }
  }

  // A buffer that a long record made large is not kept.
  void give_back(staging::Buffer buffer) {
    if (buffer.capacity() > 2 * chunk_bytes_) buffer = {};
    free_.push(std::move(buffer));
  }

  const std::vector<staging::Input> inputs_;
  const TextBatchOptions options_;
  const unsigned workers_;
  const std::size_t chunk_bytes_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<TextRows>> rows_;  // each worker's
  Queue<Work> work_;
  Queue<staging::Buffer> free_;  // as many buffers as there may be chunks
  OrderedQueue<Result> batches_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
  const std::stop_token stop_;
  std::stop_source give_up_;  // at the caller's word, or because nobody takes more
  const std::stop_callback<std::function<void()>> on_stop_;
  std::vector<std::jthread> threads_;
};

}  // namespace

std::unique_ptr<BatchReader> text_batches(std::vector<staging::Input> inputs, TextBatchOptions options,
                                          std::stop_token stop) {
  return std::make_unique<TextBatches>(std::move(inputs), std::move(options), std::move(stop));
}

}  // namespace penstock::columnar
