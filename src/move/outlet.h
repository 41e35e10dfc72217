// The files or objects that a move writes: one, or several below a folder.
//
// All that stands in the way is refused before anything is written. Each appears whole, or not at all; where the move
// as a whole fails, those that were new are removed again, and the folders that were made for them.
//
// Parts make one whole: where --replace writes some into a folder, all parts that were there give way, of whatever
// format and number. They go last, once all that is new is there; what the move itself reads stays.
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
#include <string_view>
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
  // Parts of an earlier move that give way to those that a move writes now, unless it writes them itself. Sorted.
  [[nodiscard]] std::vector<std::string> earlier_parts() const;
  void finish();  // all that was to be written is

 private:
  [[nodiscard]] std::string path_of(const std::string& name) const { return to_.path + name; }
  [[nodiscard]] bool exists(const std::string& name) const;
  [[nodiscard]] bool is_read(const std::string& name) const;  // by the move
  void remove_earlier_parts();
  void make_folders(const std::filesystem::path& folder);
  void remove_written() noexcept;

  const Resource& to_;
  Job& job_;
  std::unique_ptr<ObjectStore> store_;
  std::set<std::string> were_there_;
  std::vector<std::string> earlier_;                  // parts
  Guarded<std::set<std::string>> written_;            // or perhaps written
  Guarded<std::vector<std::filesystem::path>> made_;  // folders
  bool is_finished_ = false;
};

Compression compression_of(Codec codec);  // none of what is not written
// "part-00001.csv.gz"
std::string name_of_part(std::size_t number, const Resource& to);
bool is_name_of_part(std::string_view name);  // of any number, format and codec
// Of a dry run: "remove …" for each of the earlier parts.
std::vector<std::string> plan_of_removal(const Outlet& outlet);

}  // namespace penstock::network
