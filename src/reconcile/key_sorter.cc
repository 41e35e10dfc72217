#include "reconcile/key_sorter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <span>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::reconcile {
namespace {

constexpr std::size_t kMostRuns = 128;  // merged at once
constexpr std::size_t kWriteStep = std::size_t{1} << 20;
constexpr std::size_t kReadStep = std::size_t{64} << 10;
constexpr std::size_t kMostText = UINT16_MAX;

// Of a record; then come key and ETag.
struct Head {
  std::uint64_t size;
  std::int64_t last_modified;
  std::uint16_t key_bytes;
  std::uint16_t etag_bytes;
};

std::size_t bytes_of(const ObjectInfo& object) {
  return sizeof(ObjectInfo) + object.key.capacity() + object.etag.capacity() + 2 * sizeof(void*);
}

}  // namespace

// Records, written one after the other; then read anywhere.
class KeySorter::File {
 public:
  explicit File(const std::string& folder) : folder_(folder) {
    std::string path = folder + "/penstock-XXXXXX";
    file_ = Fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!file_ || ::unlink(path.c_str()) != 0) fail("make");
  }

  void add(const ObjectInfo& object) {
    const Head head{.size = object.size,
                    .last_modified = object.last_modified.time_since_epoch().count(),
                    .key_bytes = static_cast<std::uint16_t>(object.key.size()),
                    .etag_bytes = static_cast<std::uint16_t>(object.etag.size())};
    waiting_.append(reinterpret_cast<const char*>(&head), sizeof(head));
    waiting_ += object.key;
    waiting_ += object.etag;
    if (waiting_.size() >= kWriteStep) write();
  }

  [[nodiscard]] std::uint64_t size() const { return written_ + waiting_.size(); }

  void write() {
    std::string_view rest = waiting_;
    while (!rest.empty()) {
      const ssize_t count = ::pwrite(file_.get(), rest.data(), rest.size(), static_cast<off_t>(written_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("write");
      rest.remove_prefix(static_cast<std::size_t>(count));
      written_ += static_cast<std::uint64_t>(count);
    }
    waiting_.clear();
  }

  // As much as there is of it.
  std::size_t read(std::uint64_t at, std::span<char> buffer) const {
    for (;;) {
      const ssize_t count = ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count == 0) errno = EIO;
      if (count <= 0) fail("read");
      return static_cast<std::size_t>(count);
    }
  }

  class Run;
  class Merged;

 private:
  [[noreturn]] void fail(std::string_view act) const {
    throw Error(ErrorKind::unavailable, fmt::format("sort keys: {} a file in {}: {}; TMPDIR names another folder", act,
                                                    printable(folder_), std::strerror(errno)));
  }

  const std::string folder_;
  Fd file_;
  std::string waiting_;
  std::uint64_t written_ = 0;
};

class KeySorter::File::Run {
 public:
  Run(std::shared_ptr<const File> file, const SortedRun& run) : file_(std::move(file)), at_(run.begin), end_(run.end) {}

  std::optional<ObjectInfo> next() {
    if (rest_.empty() && at_ == end_) return std::nullopt;
    Head head{};
    need(sizeof(head));
    std::memcpy(&head, rest_.data(), sizeof(head));
    need(sizeof(head) + head.key_bytes + head.etag_bytes);
    const auto text = rest_.subspan(sizeof(head));
    ObjectInfo object{.key = std::string(text.data(), head.key_bytes),
                      .size = head.size,
                      .etag = std::string(text.data() + head.key_bytes, head.etag_bytes),
                      .last_modified = std::chrono::sys_seconds(std::chrono::seconds(head.last_modified))};
    rest_ = text.subspan(std::size_t{head.key_bytes} + head.etag_bytes);
    return object;
  }

 private:
  void need(std::size_t bytes) {
    if (rest_.size() >= bytes) return;
    const std::size_t held = rest_.size();
    if (held > 0) std::memmove(buffer_.data(), rest_.data(), held);
    buffer_.resize(std::max(kReadStep, bytes));
    std::size_t filled = held;
    while (filled < bytes) {
      const auto room = std::span(buffer_).subspan(filled);
      const std::size_t wanted = std::min<std::uint64_t>(room.size(), end_ - at_);
      const std::size_t count = file_->read(at_, room.first(wanted));
      at_ += count;
      filled += count;
    }
    rest_ = std::span(buffer_).first(filled);
  }

  std::shared_ptr<const File> file_;
  std::uint64_t at_;
  const std::uint64_t end_;
  std::vector<char> buffer_;
  std::span<const char> rest_;
};

class KeySorter::File::Merged final : public ObjectListing {
 public:
  Merged(const std::shared_ptr<const File>& file, std::span<const SortedRun> runs) {
    for (const SortedRun& run : runs) {
      runs_.push_back(std::make_unique<Run>(file, run));
      take(runs_.size() - 1);
    }
  }

  std::optional<ObjectInfo> next() override {
    if (heads_.empty()) return std::nullopt;
    std::ranges::pop_heap(heads_, is_later);
    ObjectInfo object = std::move(heads_.back().object);
    const std::size_t run = heads_.back().run;
    heads_.pop_back();
    take(run);
    return object;
  }

 private:
  struct First {
    ObjectInfo object;
    std::size_t run;
  };
  static bool is_later(const First& a, const First& b) { return a.object.key > b.object.key; }

  void take(std::size_t run) {
    auto object = runs_[run]->next();
    if (!object) {
      runs_[run].reset();
      return;
    }
    heads_.push_back({.object = *std::move(object), .run = run});
    std::ranges::push_heap(heads_, is_later);
  }

  std::vector<std::unique_ptr<Run>> runs_;
  std::vector<First> heads_;  // a heap: the first of what is left of each run
};

namespace {

class Held final : public ObjectListing {
 public:
  explicit Held(std::vector<ObjectInfo> objects) : objects_(std::move(objects)) {}
  std::optional<ObjectInfo> next() override {
    if (next_ == objects_.size()) return std::nullopt;
    return std::move(objects_[next_++]);
  }

 private:
  std::vector<ObjectInfo> objects_;
  std::size_t next_ = 0;
};

}  // namespace

KeySorter::KeySorter(std::string folder, std::size_t memory) : folder_(std::move(folder)), memory_(memory) {}

KeySorter::~KeySorter() = default;

void KeySorter::add(ObjectInfo object) {
  if (object.key.size() > kMostText || object.etag.size() > kMostText) {
    throw Error(ErrorKind::internal, "sort keys: one is too long");
  }
  bytes_held_ += bytes_of(object);
  held_.push_back(std::move(object));
  if (bytes_held_ >= memory_) flush();
}

std::unique_ptr<ObjectListing> KeySorter::sorted() {
  if (!file_) {
    std::ranges::sort(held_, {}, &ObjectInfo::key);
    return std::make_unique<Held>(std::move(held_));
  }
  flush();
  held_ = {};
  while (runs_.size() > kMostRuns) merge_most();
  file_->write();
  return std::make_unique<File::Merged>(file_, runs_);
}

void KeySorter::flush() {
  if (held_.empty()) return;
  if (!file_) file_ = std::make_shared<File>(folder_);
  std::ranges::sort(held_, {}, &ObjectInfo::key);
  const bool goes_on = !runs_.empty() && runs_.back().last <= held_.front().key;
  if (!goes_on) runs_.push_back({.begin = file_->size()});
  for (const ObjectInfo& object : held_) file_->add(object);
  runs_.back().end = file_->size();
  runs_.back().last = held_.back().key;
  held_.clear();
  bytes_held_ = 0;
}

// Into a file of its own, as many at a time as may be.
void KeySorter::merge_most() {
  file_->write();
  const auto merged = std::make_shared<File>(folder_);
  std::vector<SortedRun> runs;
  for (std::size_t first = 0; first < runs_.size(); first += kMostRuns) {
    const auto some = std::span(runs_).subspan(first, std::min(kMostRuns, runs_.size() - first));
    SortedRun run{.begin = merged->size()};
    File::Merged objects(file_, some);
    while (const auto object = objects.next()) merged->add(*object);
    run.end = merged->size();
    runs.push_back(std::move(run));
  }
  file_ = merged;
  runs_ = std::move(runs);
}

}  // namespace penstock::reconcile
