// The keys of a folder store's bucket, in bytewise order.
//
// Walks the folders depth first. Holds the names of the folders on the way, and one descriptor for all of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/store.h"
#include "store/folder_place.h"

namespace penstock {

class FolderListing final : public ObjectListing {
 public:
  FolderListing(const FolderRoot& root, std::string_view bucket, std::string_view prefix, std::string_view start_after);
  std::optional<ObjectInfo> next() override;

 private:
  using Path = std::vector<std::string>;
  struct Entry {
    std::string text;  // what it adds to the key; a folder's ends in /
    bool is_folder;
    Path names;
  };
  struct Level {
    std::string key;  // what all keys in here start with
    Path path;
    std::vector<Entry> entries{};
    std::size_t next = 0;
    Fd folder{};  // open while this is the deepest level
  };

  void enter(const FolderPlace& place, std::string key, Path path);
  void read_names(int folder, const std::string& text_above, const Path& names_above, Level& level) const;
  void add(Level& level, const std::string& component, bool is_folder, Path names) const;
  // Whether an entry can hold what the listing is for. All keys below a folder start with its text.
  [[nodiscard]] bool matters(std::string_view key, bool is_folder) const;

  const FolderRoot& root_;
  const std::string bucket_;
  const std::string prefix_;
  const std::string start_after_;
  std::optional<FolderPlace> place_;  // from the first next() on
  std::vector<Level> levels_;
};

}  // namespace penstock
