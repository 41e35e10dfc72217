#include <algorithm>
#include <deque>
#include <list>
#include <optional>
#include <utility>

#include "penstock/error.h"
#include "reconcile/key_listing.h"
#include "reconcile/key_step.h"

namespace penstock::reconcile {
namespace {

constexpr std::size_t kSideBySide = 4;
constexpr std::size_t kPage = 1000;                            // keys of S3's pages
constexpr std::size_t kPagesOfARange = 8;                      // about: a range costs a request more at its end
constexpr std::size_t kBytesAhead = std::size_t{2} << 20;      // of a range
constexpr std::size_t kBytesBeside = sizeof(ObjectInfo) + 48;  // of an object, but for its key and ETag

// Some keys, listed one after the other: those beyond `after`, up to `through`.
class KeyRange {
 public:
  KeyRange(ObjectStore& store, const std::string& prefix, const std::string& after, std::optional<std::string> through)
      : listing_(store.list(prefix, after)) {
    if (through) end_at(*std::move(through));
  }

  void end_at(std::string through) {
    listing_->end_at(through);
    through_ = std::move(through);
  }

  [[nodiscard]] bool is_empty() const { return held_.empty(); }
  [[nodiscard]] bool is_listed() const { return is_listed_; }
  [[nodiscard]] bool has_room() const { return !is_listed_ && bytes_held_ < kBytesAhead; }
  bool is_ready() { return is_listed_ || listing_->is_ready(); }
  [[nodiscard]] const std::optional<std::string>& through() const { return through_; }
  // The first and the last key of the page that came last; empty: none came yet.
  [[nodiscard]] const std::string& first() const { return first_; }
  [[nodiscard]] const std::string& last() const { return last_; }

  ObjectInfo take() {
    ObjectInfo object = std::move(held_.front());
    held_.pop_front();
    bytes_held_ -= bytes_of(object);
    return object;
  }

  // Waits for the next page. How many keys of it belong here.
  std::size_t read_page() {
    std::size_t count = 0;
    std::string first;
    for (; count < kPage; ++count) {
      std::optional<ObjectInfo> object = listing_->next();
      is_listed_ = !object || (through_ && object->key > *through_);
      if (is_listed_) break;
      if (count == 0) first = object->key;
      bytes_held_ += bytes_of(*object);
      held_.push_back(*std::move(object));
    }
    if (count > 0) {
      first_ = std::move(first);
      last_ = held_.back().key;
    }
    if (is_listed_) listing_.reset();  // and what it may have asked for ahead
    return count;
  }

 private:
  static std::size_t bytes_of(const ObjectInfo& object) {
    return object.key.size() + object.etag.size() + kBytesBeside;
  }

  std::unique_ptr<ObjectListing> listing_;
  std::optional<std::string> through_;  // nullopt: all
  std::deque<ObjectInfo> held_;
  std::size_t bytes_held_ = 0;
  bool is_listed_ = false;
  std::string first_;
  std::string last_;
};

// All keys are in ranges that lie side by side: what is between two of them is nowhere, so that the keys that are there
// all the time come once, whatever is put or removed meanwhile. A range ends where a guess says that some pages have
// gone by, and the next one begins there: a bad guess costs time, and no key.
//
// Nothing is listed ahead where pages come without waiting.
class SideBySide final : public ObjectListing {
 public:
  SideBySide(ObjectStore& store, const std::string& prefix, std::stop_token stop)
      : store_(store), prefix_(prefix), stop_(std::move(stop)) {
    ranges_.emplace_back(store_, prefix_, std::string(), std::nullopt);
  }

  std::optional<ObjectInfo> next() override {
    while (!ranges_.empty() && ranges_.front().is_empty()) go_on();
    if (ranges_.empty()) return std::nullopt;
    ObjectInfo object = ranges_.front().take();
    count(object.key);
    return object;
  }

  bool is_ready() override {
    return ranges_.empty() || !ranges_.front().is_empty() ||
           (!ranges_.front().is_listed() && ranges_.front().is_ready());
  }

 private:
  void go_on() {
    if (stop_.stop_requested())
      throw Error(ErrorKind::cancelled, "list " + store_.uri_of(prefix_) + ": stopped as asked");
    if (ranges_.front().is_listed()) ranges_.pop_front();
    list_ahead();
    if (ranges_.empty() || !ranges_.front().is_empty() || ranges_.front().is_listed()) return;
    waits_ = waits_ || !ranges_.front().is_ready();
    if (waits_) begin_ranges();
    read_page(ranges_.front());
  }

  // What has come for the others is taken, so that they ask for more while the first is waited for.
  void list_ahead() {
    for (KeyRange& range : ranges_) {
      while (&range != &ranges_.front() && range.has_room() && range.is_ready()) read_page(range);
    }
  }

  void read_page(KeyRange& range) {
    if (range.read_page() > 0) ++pages_;
  }

  void begin_ranges() {
    for (auto range = ranges_.begin(); range != ranges_.end(); ++range) {
      if (ranges_.size() == kSideBySide || !may_split()) return;
      if (range->is_listed() || range->last().empty()) continue;
      std::optional<std::string> end = guess(*range, kPagesOfARange);
      if (!end) continue;
      if (range->through()) {  // worth it only where it leaves as much again; a guess farther on may be a coarser one
        const auto twice = guess(*range, 2 * kPagesOfARange);
        if (!twice || std::max(*end, *twice) >= *range->through()) continue;
      }
      auto through = range->through();
      range->end_at(*end);
      ranges_.emplace(std::next(range), store_, prefix_, *end, std::move(through));
      ++splits_;
    }
  }

  // A range more may be a request more: at first as many as pages, then one for four.
  [[nodiscard]] bool may_split() const { return splits_ < std::min<std::size_t>(pages_, 3) + pages_ / 4; }

  // A key that some pages of keys lie before, beyond the last that the range has listed: as the keys of its last page
  // are spaced, or those that were given last, where that is farther.
  [[nodiscard]] std::optional<std::string> guess(const KeyRange& range, std::size_t pages) const {
    const auto steps = static_cast<double>(pages);
    std::optional<std::string> end = key_beyond(range.last(), range.first(), range.last(), steps, prefix_.size());
    if (marks_.size() > 1) {
      const auto given = static_cast<double>(marks_.size() - 1);
      const auto by_marks = key_beyond(range.last(), marks_.front(), marks_.back(), steps / given, prefix_.size());
      if (by_marks && (!end || *by_marks > *end)) end = by_marks;
    }
    return end;
  }

  void count(const std::string& key) {
    if (given_++ % kPage != 0) return;
    marks_.push_back(key);
    if (marks_.size() > 2 * kPagesOfARange) marks_.pop_front();
  }

  ObjectStore& store_;
  const std::string prefix_;
  const std::stop_token stop_;
  std::list<KeyRange> ranges_;  // in order, and all that is left
  bool waits_ = false;          // pages have to be waited for
  std::size_t pages_ = 0;
  std::size_t splits_ = 0;
  std::uint64_t given_ = 0;
  std::deque<std::string> marks_;  // of the keys that were given: one a page, the last of them
};

}  // namespace

std::unique_ptr<ObjectListing> list_side_by_side(ObjectStore& store, const std::string& prefix, std::stop_token stop) {
  return std::make_unique<SideBySide>(store, prefix, std::move(stop));
}

}  // namespace penstock::reconcile
