#include "endpoint/copy/pipeline.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/queue.h"

namespace penstock::endpoint {
namespace {

constexpr std::size_t kKeptBytes = 4 << 20;  // a buffer that had to grow beyond this is not kept

constexpr unsigned kReaders = 4;  // of small objects: most of the time of each goes into waiting for the store

// A chunk on its way: filled by a reader, parsed by a worker, used by the caller, and round again.
struct Job {
  Chunk chunk;
  ParsedChunk parsed;
  Pipeline::Output output;
  bool done = false;  // under Impl::done_mutex

  void clear() {
    chunk.bytes.clear();
    chunk.bytes.shrink(kKeptBytes);
    chunk.rows.reset();
    chunk.lines_before = 0;
    chunk.overlong = false;
    chunk.unreadable.reset();
    parsed.clear();
    output = {};
    done = false;
  }
};

}  // namespace

struct Pipeline::Impl {
  Impl(const RecordFormat& records, std::span<const SourceObject> sources, unsigned workers)
      : format(records),
        objects(sources),
        jobs(2 * std::max(workers, 1U) + readers_for(workers) + 2),
        free(jobs.size()),
        to_parse(jobs.size()),
        in_order(jobs.size()) {
    for (Job& job : jobs) free.push(&job);
  }

  [[nodiscard]] unsigned readers_for(unsigned workers) const {
    return static_cast<unsigned>(std::clamp<std::size_t>(objects.size(), 1, std::max(workers, kReaders)));
  }

  // --- on the reader threads

  void read_objects(const std::stop_token& stop) {
    for (std::size_t i = next_object++; i < objects.size() && !stop.stop_requested(); i = next_object++) {
      if (!read_object(i, stop)) break;
    }
    if (--readers_left == 0) {
      in_order.close();
      to_parse.close();
    }
  }

  // False: stopped, or failed; what failed is on its way to the caller.
  bool read_object(std::size_t index, const std::stop_token& stop) {
    std::optional<Job*> job = free.pop(stop);
    if (!job) return false;
    (*job)->output = {.object = index, .begins = true};
    try {
      const auto reader = format.open(objects[index]);
      while (reader->next((*job)->chunk)) {
        (*job)->output.lines_before = (*job)->chunk.lines_before;
        (*job)->output.bytes = (*job)->chunk.bytes.size();
        (*job)->output.parsed = &(*job)->parsed;
        if (!in_order.push(*job, stop) || !to_parse.push(*job, stop)) return false;
        job = free.pop(stop);
        if (!job) return false;
        (*job)->output = {.object = index};
      }
      (*job)->output.lines_before = (*job)->chunk.lines_before;
      (*job)->output.ends = true;
    } catch (...) {
      (*job)->output.failure = std::current_exception();
      (*job)->output.parsed = nullptr;
    }
    const bool failed = (*job)->output.failure != nullptr;
    (*job)->done = true;  // nobody else has it yet
    return in_order.push(*job, stop) && !failed;
  }

  // --- on the worker threads

  void parse_chunks(const std::stop_token& stop) {
    std::unique_ptr<ChunkParser> parser;
    while (const auto job = to_parse.pop(stop)) {
      try {
        if (!parser) parser = format.parser();
        parser->parse((*job)->chunk, (*job)->parsed);
      } catch (...) {
        (*job)->output.failure = std::current_exception();
      }
      {
        const std::scoped_lock lock(done_mutex);
        (*job)->done = true;
      }
      done_changed.notify_all();
    }
  }

  const RecordFormat& format;
  std::span<const SourceObject> objects;
  std::vector<Job> jobs;
  Queue<Job*> free;
  Queue<Job*> to_parse;
  Queue<Job*> in_order;
  std::mutex done_mutex;
  std::condition_variable_any done_changed;
  std::atomic<std::size_t> next_object{0};
  std::atomic<unsigned> readers_left{0};
  Job* used = nullptr;  // what the caller looks at now
  std::stop_source stop;
  std::optional<std::stop_callback<std::function<void()>>> on_outer_stop;
  std::vector<std::jthread> threads;  // last: joined before the rest goes
};

Pipeline::Pipeline(const RecordFormat& format, std::span<const SourceObject> objects, unsigned workers,
                   std::stop_token stop)
    : impl_(std::make_unique<Impl>(format, objects, workers)) {
  Impl& impl = *impl_;
  impl.on_outer_stop.emplace(std::move(stop), [&impl] { impl.stop.request_stop(); });
  const unsigned readers = impl.readers_for(workers);
  impl.readers_left = readers;
  for (unsigned i = 0; i < readers; ++i) {
    impl.threads.emplace_back([&impl] { impl.read_objects(impl.stop.get_token()); });
  }
  for (unsigned i = 0; i < std::max(workers, 1U); ++i) {
    impl.threads.emplace_back([&impl] { impl.parse_chunks(impl.stop.get_token()); });
  }
}

Pipeline::~Pipeline() {
  impl_->stop.request_stop();
  impl_->threads.clear();
}

const Pipeline::Output* Pipeline::next() {
  Impl& impl = *impl_;
  const std::stop_token stop = impl.stop.get_token();
  if (impl.used != nullptr) {
    impl.used->clear();
    impl.free.push(impl.used);
    impl.used = nullptr;
  }
  const auto job = impl.in_order.pop(stop);
  if (!job) return nullptr;
  {
    std::unique_lock lock(impl.done_mutex);
    if (!impl.done_changed.wait(lock, stop, [&] { return (*job)->done; })) return nullptr;
  }
  impl.used = *job;
  return &impl.used->output;
}

}  // namespace penstock::endpoint
