// Objects that come in any order, in the order of their keys.
//
// What is more than the memory is kept in files that have no name: they are gone with this program, however it ends.
// Those that come in order are kept as they come, and need no merging.
//
// Threads: one. Lifetime: the listing stands by itself. Memory: as given, about, and 64 KiB for each of up to 128 runs.
// Errors:  Error unavailable: the files can't be written or read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "penstock/store.h"
#include "store/file.h"

namespace penstock::reconcile {

// So many bytes of a file, in order.
struct SortedRun {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string last{};  // key
};

class KeySorter {
 public:
  // folder: where the files are.
  explicit KeySorter(std::string folder, std::size_t memory = std::size_t{16} << 20);
  ~KeySorter();
  KeySorter(const KeySorter&) = delete;
  KeySorter& operator=(const KeySorter&) = delete;

  // Without metadata, which inventories have not; of key and ETag, 64 KiB at most each.
  void add(ObjectInfo object);
  // All of them, once, nothing is added any more. What has one key comes one after the other.
  std::unique_ptr<ObjectListing> sorted();

 private:
  class File;

  void flush();
  void merge_most();

  const std::string folder_;
  const std::size_t memory_;
  std::vector<ObjectInfo> held_;
  std::size_t bytes_held_ = 0;
  std::shared_ptr<File> file_;  // null: nothing was too much yet
  std::vector<SortedRun> runs_;
};

}  // namespace penstock::reconcile
