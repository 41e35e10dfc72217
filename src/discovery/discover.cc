#include "discovery/discover.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <variant>

#include "base/guarded.h"
#include "base/queue.h"
#include "base/text.h"
#include "discovery/chunk_profiles.h"
#include "penstock/error.h"
#include "staging/splitter.h"

namespace penstock::discovery {
namespace {

constexpr std::size_t kSmallestChunk = 256 << 10;
constexpr std::size_t kLargestChunk = 1 << 20;  // larger ones fall out of the cache between two looks

struct Work {
  staging::Chunk chunk;
  std::string_view input;
  std::uint64_t number = 0;  // of the chunk, over all inputs
};

// What went wrong in the earliest of the chunks in which something did.
struct Failure {
  std::uint64_t chunk = 0;
  std::exception_ptr error;
};

class Run {
 public:
  Run(const DiscoverOptions& options, const std::stop_token& stop)
      : options_(options),
        workers_(options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency())),
        chunk_bytes_(std::clamp(options.memory / (2 * workers_ + 1), kSmallestChunk,
                                options.sample != 0 ? kSmallestChunk : kLargestChunk)),
        work_(workers_),
        free_(2 * workers_ + 1),
        stop_(stop),
        on_stop_(stop, [this] { give_up_.request_stop(); }) {
    for (std::size_t i = 0; i < 2 * workers_ + 1; ++i) free_.push({});
    for (unsigned i = 0; i < workers_; ++i) profiles_.push_back(profiles());
  }

  Discovered discover(std::span<const staging::Input> inputs) {
    {
      std::vector<std::jthread> threads;
      for (const auto& profiles : profiles_) {
        threads.emplace_back([this, &of = *profiles] { work(of); });
      }
      read(inputs);
      work_.close();
    }
    if (const auto error = failure_.with([](const Failure& failure) { return failure.error; })) {
      std::rethrow_exception(error);
    }
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "looking for types was stopped");
    discovered_.records = records_.with([](std::uint64_t records) { return records; });
    for (auto& [name, profile] : merged().columns(options_.names, discovered_.records)) {
      discovered_.columns.push_back(column(std::move(name), profile));
    }
    return std::move(discovered_);
  }

 private:
  [[nodiscard]] std::unique_ptr<ChunkProfiles> profiles() const {
    if (const auto* csv = std::get_if<staging::CsvShape>(&options_.shape)) return csv_profiles(*csv);
    if (std::holds_alternative<staging::JsonShape>(options_.shape)) return json_profiles();
    throw Error(ErrorKind::internal, "a database and a columnar file say the types of their columns themselves");
  }

  ChunkProfiles& merged() {
    for (std::size_t i = 1; i < profiles_.size(); ++i) profiles_.front()->merge(*profiles_[i]);
    return *profiles_.front();
  }

  static std::string place_of(const Sighting& sighting) {
    return sighting.line == 0 ? "" : fmt::format("{} line {}", printable(sighting.input), sighting.line);
  }

  static Column column(std::string name, const Profile& profile) {
    Resolved resolved = resolve(profile);
    const bool takes_empty = resolved.tight.name == table::TypeName::varchar;
    return {.name = std::move(name),
            .type = resolved.roomy,
            .tight = resolved.tight,
            .why = std::move(resolved.why),
            .nulls = profile.nulls() + (takes_empty ? 0 : profile.empties()),
            .empties = takes_empty ? profile.empties() : 0,
            .max_bytes = profile.bytes(),
            .too_long = place_of(profile.too_long())};
  }

  void read(std::span<const staging::Input> inputs) {
    std::uint64_t chunks = 0;
    try {
      staging::Progress progress;
      const std::uint64_t share = options_.sample / std::max(inputs.size(), std::size_t{1}) + 1;
      for (const staging::Input& input : inputs) {
        const auto reader = input.open();
        staging::Splitter splitter(*reader, input.name,
                                   {.dialect = staging::dialect_of(options_.shape),
                                    .chunk_bytes = chunk_bytes_,
                                    .record_limit = options_.record_limit,
                                    .skip = input.skip});
        const staging::Progress before = progress;
        while (auto buffer = free_.pop(give_up_.get_token())) {
          Work work{.chunk = {.buffer = *std::move(buffer)}, .input = input.name, .number = ++chunks};
          const bool is_more = splitter.next(work.chunk);
          progress.bytes = discovered_.bytes_read = before.bytes + splitter.bytes_read();
          if (!is_more) {
            free_.push(std::move(work.chunk.buffer));
            break;
          }
          progress.records += work.chunk.ends;
          discovered_.lines = progress.records;
          if (!work_.push(std::move(work), give_up_.get_token())) return;
          if (options_.on_progress) options_.on_progress(progress);
          if (options_.sample != 0 && progress.records - before.records >= share) {
            discovered_.is_whole = false;
            break;
          }
        }
      }
    } catch (...) {
      fail(chunks);
    }
  }

  void work(ChunkProfiles& profiles) {
    std::uint64_t number = 0;
    try {
      while (auto work = work_.pop(give_up_.get_token())) {
        number = work->number;
        const std::uint64_t records = profiles.add(work->chunk, work->input, work->number);
        records_.with([&](std::uint64_t& all) { all += records; });
        if (work->chunk.buffer.capacity() > 2 * chunk_bytes_) work->chunk.buffer = {};  // a long record's
        free_.push(std::move(work->chunk.buffer));
      }
    } catch (...) {
      fail(number);
    }
  }

  void fail(std::uint64_t chunk) {
    failure_.with([&](Failure& kept) {
      if (!kept.error || chunk < kept.chunk) kept = {.chunk = chunk, .error = std::current_exception()};
    });
    give_up_.request_stop();
  }

  const DiscoverOptions& options_;
  const unsigned workers_;
  const std::size_t chunk_bytes_;
  Queue<Work> work_;
  Queue<staging::Buffer> free_;  // as many buffers as there may be chunks: this bounds the memory
  std::vector<std::unique_ptr<ChunkProfiles>> profiles_;  // a worker's each
  Guarded<Failure> failure_;
  Guarded<std::uint64_t> records_;
  Discovered discovered_;
  std::stop_token stop_;
  std::stop_source give_up_;  // at the caller's word, or because something failed
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

Discovered discover(std::span<const staging::Input> inputs, const DiscoverOptions& options,
                    const std::stop_token& stop) {
  return Run(options, stop).discover(inputs);
}

}  // namespace penstock::discovery
