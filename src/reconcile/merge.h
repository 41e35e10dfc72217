// Objects and loads, both in order of keys, joined: one KeyFinding a key.
//
// The system tables keep 256 bytes of "s3://bucket/key", less where a character would have been cut, and no blanks at
// the end: a name that only they tell of may be that of several keys. It is shown to each of them, as a load whose name
// may be cut, and match() says which of them it is of. What is of none of them, is of a key that is gone, if no key
// begins so; else nobody knows of which, and it is counted as unplaced.
//
// Threads: one. Memory: the loads of one key, and those of the names that it may have in the system tables.
// Errors:  refused where one of the two is not in order; those of the two.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "penstock/reconcile.h"
#include "penstock/store.h"
#include "penstock/uri.h"
#include "reconcile/classify.h"
#include "reconcile/load_stream.h"

namespace penstock::reconcile {

class Merge {
 public:
  // source: the bucket, and the prefix that all keys have.
  Merge(std::unique_ptr<ObjectListing> objects, std::unique_ptr<LoadStream> loads, Window window, S3Uri source);
  std::optional<KeyFinding> next();
  // Committed loads that can't be told to be of any key. Final once next() gave nullopt.
  [[nodiscard]] std::uint64_t unplaced() const noexcept { return unplaced_; }

 private:
  // A load whose name may be cut, while keys may follow that it may be of.
  struct Held {
    std::string name;
    KeyLoad load;
    bool is_placed = false;  // shown to a key, which may be its
    bool is_proven = false;  // it is
  };

  std::optional<KeyFinding> join();
  std::optional<ObjectInfo> take_object(std::string_view key);
  void take_loads(KeyFinding& finding);
  void take_held(KeyFinding& finding);
  void take_held_of_gone(KeyFinding& finding);
  void drop_held(std::string_view key);
  void drop(const Held& held);
  [[nodiscard]] bool is_shown_as(std::string_view key, std::string_view name) const;

  const std::unique_ptr<ObjectListing> objects_;
  const std::unique_ptr<LoadStream> loads_;
  const Window window_;
  const S3Uri source_;
  const std::size_t kept_;  // bytes of a key that the system tables keep
  std::optional<ObjectInfo> object_;
  std::optional<LoadOfKey> load_;
  std::vector<Held> held_;
  std::uint64_t unplaced_ = 0;
};

}  // namespace penstock::reconcile
