#include "staging/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/guarded.h"
#include "base/queue.h"
#include "penstock/error.h"
#include "staging/splitter.h"

namespace penstock::staging {
namespace {

constexpr std::size_t kSmallestChunk = 256 << 10;
constexpr std::size_t kLargestChunk = 4 << 20;  // more make nothing faster

struct Work {
  Chunk chunk;                         // of text; else only its buffer is of use
  std::unique_ptr<RecordBatch> batch;  // unset: text
  std::string_view input;
  std::uint64_t number = 0;             // of the chunk, over all inputs
  std::uint64_t first_position = 1;     // of its first record, over all inputs
  std::unique_ptr<BadRecord> broken{};  // instead of the chunk: the input has no further records
};

// Lets chunks through in their order.
class Turns {
 public:
  // False: stop was requested.
  bool wait(std::uint64_t chunk, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [&] { return next_ == chunk; }) && !stop.stop_requested();
  }
  void pass() {
    const std::scoped_lock lock(mutex_);
    ++next_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t next_ = 1;
};

// What went wrong in the earliest of the chunks in which something did.
class Failure {
 public:
  void keep(std::uint64_t chunk, std::exception_ptr error) {
    kept_.with([&](Kept& kept) {
      if (!kept.error || chunk < kept.chunk) kept = {.chunk = chunk, .error = std::move(error)};
    });
  }
  void rethrow() {
    const auto error = kept_.with([](Kept& kept) { return kept.error; });
    if (error) std::rethrow_exception(error);
  }

 private:
  struct Kept {
    std::uint64_t chunk = 0;
    std::exception_ptr error;
  };
  Guarded<Kept> kept_;
};

std::string_view extension(const Shape& shape) { return std::holds_alternative<JsonShape>(shape) ? "json" : "csv"; }

std::string_view extension(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "";
    case Compression::gzip:
      return ".gz";
    case Compression::zstd:
      return ".zst";
    case Compression::bzip2:
      return ".bz2";
  }
  return "";
}

class Run {
 public:
  // store: none where nothing is to be staged.
  Run(ObjectStore* store, const std::string& prefix, const StageOptions& options, const std::stop_token& stop)
      : store_(store),
        is_staging_(store != nullptr),
        prefix_(prefix),
        options_(options),
        workers_(options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency())),
        // each worker has a chunk, and what it makes of it; as many chunks wait, and one is filled
        chunk_bytes_(std::clamp(options.memory / (3 * workers_ + 2), kSmallestChunk, kLargestChunk)),
        work_(workers_),
        free_(2 * workers_ + 1),
        stop_(stop),
        on_stop_(stop, [this] { give_up_.request_stop(); }) {
    for (std::size_t i = 0; i < 2 * workers_ + 1; ++i) free_.push({});
  }

  Staged stage(std::span<const Input> inputs) {
    if (options_.inspection && std::ranges::any_of(inputs, [](const Input& in) { return bool{in.open_batches}; })) {
      throw Error(ErrorKind::invalid, "records that come as columns are not inspected");
    }
    try {
      {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < workers_; ++i) workers.emplace_back([this] { work(); });
        read(inputs);
        work_.close();
      }
      failure_.rethrow();
      if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "staging was stopped");
    } catch (...) {
      remove_parts();
      throw;
    }
    staged_.bad = bad_;
    if (!is_staging_) {
      remove_parts();
      staged_.records = records_;
      return std::move(staged_);
    }
    done_.with([&](std::vector<Part>& parts) { staged_.parts = std::move(parts); });
    std::ranges::sort(staged_.parts, {}, [](const Part& part) -> const std::string& { return part.object.key; });
    for (const Part& part : staged_.parts) staged_.records += part.records;
    return std::move(staged_);
  }

 private:
  struct OpenPart {
    std::unique_ptr<ObjectWriter> writer;
    std::unique_ptr<Compressor> compressor;  // into the writer
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
  };

  void read(std::span<const Input> inputs) {
    try {
      for (const Input& input : inputs) {
        const std::uint64_t before = progress_.bytes;
        if (input.open_batches) {
          const auto batches = input.open_batches(std::get<CsvShape>(options_.shape), chunk_bytes_);
          read(input, [&](Work& work) {
            work.batch = batches->next();
            progress_.bytes = before + batches->bytes_read();
            if (work.batch) progress_.records += work.batch->records();
            return work.batch != nullptr;
          });
        } else {
          const auto reader = input.open();
          Splitter splitter(*reader, input.name,
                            {.dialect = dialect_of(options_.shape),
                             .chunk_bytes = chunk_bytes_,
                             .record_limit = options_.record_limit,
                             .skip = input.skip});
          read(input, [&](Work& work) {
            const bool is_more = next_chunk(splitter, work);
            progress_.bytes = before + splitter.bytes_read();
            if (is_more) progress_.records += work.chunk.ends;
            return is_more;
          });
        }
        if (give_up_.stop_requested()) return;
      }
    } catch (...) {
      fail(chunks_ + 1);
    }
  }

  // One input, to its end; next() takes some of it for a worker.
  template <typename Next>
  void read(const Input& input, Next next) {
    while (auto buffer = free_.pop(give_up_.get_token())) {
      Work work{.chunk = {.buffer = *std::move(buffer)},
                .batch = nullptr,
                .input = input.name,
                .number = chunks_ + 1,
                .first_position = progress_.records + options_.first_position};
      const bool is_more = next(work);
      staged_.bytes_read = progress_.bytes;
      if (!is_more) {
        free_.push(std::move(work.chunk.buffer));
        return;
      }
      ++chunks_;
      const bool is_last = work.broken != nullptr;
      if (!work_.push(std::move(work), give_up_.get_token())) return;
      if (options_.on_progress) options_.on_progress(progress_);
      if (is_last) return;
    }
  }

  // What the splitter can't go on with is a bad record, if those are looked for.
  bool next_chunk(Splitter& splitter, Work& work) const {
    try {
      return splitter.next(work.chunk);
    } catch (const Unsplittable& e) {
      if (!options_.inspection || options_.inspection->sets_aside) throw;
      work.chunk.begin = work.chunk.end = 0;
      work.chunk.ends = 1;
      work.broken = std::make_unique<BadRecord>(
          BadRecord{.input = work.input, .line = e.line(), .faults = {{.line = e.line(), .reason = e.reason()}}});
      return true;
    }
  }

  void work() {
    const auto text = staged_text(options_.shape);
    std::unique_ptr<Inspector> inspector;
    if (options_.inspection) inspector = staging::inspector(options_.shape, *options_.inspection->rules);
    Buffer out;
    std::optional<OpenPart> part;
    std::future<Part> last;  // is being committed while the next is made
    std::uint64_t number = 0;
    try {
      while (auto work = work_.pop(give_up_.get_token())) {
        number = work->number;
        if (inspector && !inspect(*inspector, *work)) break;
        out.clear();
        if (work->batch) {
          while (const std::uint64_t records = work->batch->append(work->first_position, chunk_bytes_, out)) {
            write(out, records, part, last);
            out.clear();
            if (give_up_.stop_requested()) break;
          }
          work->batch.reset();
          give_back(std::move(work->chunk.buffer));
        } else {
          std::uint64_t records = 0;
          if (is_staging_) records = text->append(work->chunk, work->input, work->first_position, out);
          give_back(std::move(work->chunk.buffer));
          if (records > 0) write(out, records, part, last);
        }
      }
      if (part && is_staging_ && !give_up_.stop_requested()) finish(part, last);
    } catch (...) {
      fail(number);
    }
    try {
      keep(last);  // whatever happened: what is committed is there
    } catch (...) {
      fail(number);
    }
  }

  void write(const Buffer& text, std::uint64_t records, std::optional<OpenPart>& part, std::future<Part>& last) {
    if (!part) part = open_part();
    part->compressor->write(std::as_bytes(std::span(text.view())));
    part->bytes += text.size();
    part->records += records;
    if (part->bytes >= options_.part_bytes) finish(part, last);
  }

  // Afterwards the chunk's bad records are known, and are not in it. False: the run is over.
  bool inspect(Inspector& inspector, Work& work) {
    std::vector<BadRecord> bad;
    std::uint64_t records = 1;
    if (work.broken) {
      bad.push_back(*std::move(work.broken));
    } else {
      records = inspector.inspect(work.chunk, work.input, bad);
    }
    if (!turns_.wait(work.number, give_up_.get_token())) return false;
    records_ += records;
    bad_ += bad.size();
    if (options_.inspection->found) std::ranges::for_each(bad, options_.inspection->found);
    if (!bad.empty() && !options_.inspection->sets_aside) is_staging_ = false;
    turns_.pass();
    if (is_staging_) remove_records(bad, work.chunk);
    return true;
  }

  // A buffer that a long record made large is not kept.
  void give_back(Buffer buffer) {
    if (buffer.capacity() > 2 * chunk_bytes_) buffer = {};
    free_.push(std::move(buffer));
  }

  OpenPart open_part() {
    OpenPart part;
    part.writer = store_->create(fmt::format("{}part-{:05}.{}{}", prefix_, ++parts_begun_, extension(options_.shape),
                                             extension(options_.compression)),
                                 {.only_if_absent = true, .metadata = options_.metadata});
    part.compressor = compressor(
        options_.compression, [writer = part.writer.get()](std::span<const std::byte> bytes) { writer->write(bytes); },
        CompressionSpeed::fastest);
    return part;
  }

  void finish(std::optional<OpenPart>& part, std::future<Part>& last) {
    part->compressor->finish();
    keep(last);
    last = std::async(std::launch::async, [writer = std::move(part->writer), records = part->records] {
      return Part{.object = writer->commit(), .records = records};
    });
    part.reset();
  }

  void keep(std::future<Part>& committing) {
    if (!committing.valid()) return;
    Part part = committing.get();
    done_.with([&](std::vector<Part>& parts) { parts.push_back(std::move(part)); });
  }

  void fail(std::uint64_t chunk) {
    failure_.keep(chunk, std::current_exception());
    give_up_.request_stop();
  }

  void remove_parts() noexcept {
    try {
      std::vector<std::string> keys;
      done_.with([&](const std::vector<Part>& parts) {
        for (const Part& part : parts) keys.push_back(part.object.key);
      });
      if (!keys.empty()) store_->remove(keys, {.even_when_stopped = true});
    } catch (const std::exception&) {
      // what stands is found by its prefix; the failure that led here is the one to tell
    }
  }

  ObjectStore* const store_;
  std::atomic<bool> is_staging_;  // until a bad record is found that is not set aside
  const std::string& prefix_;
  const StageOptions& options_;
  const unsigned workers_;
  const std::size_t chunk_bytes_;
  Queue<Work> work_;
  Queue<Buffer> free_;  // as many buffers as there may be chunks: this bounds the memory
  Turns turns_;         // each chunk's, to say what is bad in it
  std::atomic<std::uint64_t> records_ = 0;
  std::atomic<std::uint64_t> bad_ = 0;
  Failure failure_;
  Guarded<std::vector<Part>> done_;
  std::atomic<unsigned> parts_begun_ = 0;
  Progress progress_;         // of reading
  std::uint64_t chunks_ = 0;  // read so far
  Staged staged_;
  std::stop_token stop_;
  std::stop_source give_up_;  // at the caller's word, or because something failed
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

std::uint64_t Staged::bytes_stored() const noexcept {
  std::uint64_t bytes = 0;
  for (const Part& part : parts) bytes += part.object.size;
  return bytes;
}

Staged stage(std::span<const Input> inputs, ObjectStore& store, const std::string& prefix, const StageOptions& options,
             const std::stop_token& stop) {
  return Run(&store, prefix, options, stop).stage(inputs);
}

Staged inspect(std::span<const Input> inputs, const StageOptions& options, const std::stop_token& stop) {
  return Run(nullptr, {}, options, stop).stage(inputs);
}

}  // namespace penstock::staging
