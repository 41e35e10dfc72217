// The files or objects that a move writes: one, or several below a folder.
//
// All that stands in the way is refused before anything is written. Each appears whole, or not at all; where the move
// as a whole fails, those that were new are removed again, and the folders that were made for them.
//
// Threads:  any, but for claim() and finish(); each sink one at a time.
// Lifetime: the resource, the job and this outlive the sinks.
// Errors:   refused: something is there and may not be replaced, or no file can have the name; cancelled; what sinks
// throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "codec/compress.h"
#include "move/network.h"
#include "store/byte_sink.h"

namespace penstock::network {

class Outlet {
 public:
  Outlet(const Resource& to, Job& job);
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  // To be called first, with all names below the folder that will be written. Of one file or object its own name, which
  // "" stands for.
  void claim(std::span<const std::string> names);
  [[nodiscard]] std::string name_of(const std::string& name) const;  // for people
  [[nodiscard]] std::string key_of(const std::string& name) const;
  [[nodiscard]] ObjectStore& store() const noexcept { return *store_; }  // of a destination in S3
  [[nodiscard]] Existing existing() const noexcept;
  std::unique_ptr<ByteSink> open(const std::string& name);
  // Runs what makes the file or object appear. Where it ends so that nobody knows whether it did, it is removed, too.
  void appear(const std::string& name, const std::function<void()>& act);
  void note(const std::string& name, std::uint64_t bytes);  // it was written; of what open() gave it is told by itself
  // Parts of higher numbers, which an earlier move left, give way to --replace as those of the same numbers do.
  void remove_parts_behind(std::size_t number);
  void finish();  // all that was to be written is

 private:
  [[nodiscard]] std::string path_of(const std::string& name) const { return to_.path + name; }
  [[nodiscard]] bool exists(const std::string& name) const;
  void make_folders(const std::filesystem::path& folder);
  void remove_written() noexcept;

  const Resource& to_;
  Job& job_;
  std::unique_ptr<ObjectStore> store_;
  std::set<std::string> were_there_;
  Guarded<std::set<std::string>> written_;            // or perhaps written
  Guarded<std::vector<std::filesystem::path>> made_;  // folders
  bool is_finished_ = false;
};

Compression compression_of(Codec codec);  // none of what is not written
// "part-00001.csv.gz"
std::string name_of_part(std::size_t number, const Resource& to);

}  // namespace penstock::network
