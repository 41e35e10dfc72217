// What a file can't say by itself about the object it holds: its ETag, and its user metadata.
//
// They are kept in an extended attribute of the file or, where the file system has none, in a small file beside the
// buckets. Either way they are bound to the file's size and time of modification: of a file that was changed by hand
// nothing is known, and its ETag is to be computed again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/file.h"

namespace penstock {

struct FolderAttributes {
  std::string etag;
  std::map<std::string, std::string> metadata{};
};

class AttributeKeeper {
 public:
  explicit AttributeKeeper(bool use_xattrs) : use_xattrs_(use_xattrs) {}
  // `beside` is the folder for what xattrs can't hold; -1: there is none, and then this may remember nothing.
  void remember(int file, int beside, std::string_view key, const FolderAttributes& attributes) const;
  [[nodiscard]] std::optional<FolderAttributes> recall(int file, int beside, std::string_view key) const;
  void forget(const struct stat& file, int beside, std::string_view key) const;  // once the file is gone

 private:
  bool use_xattrs_;
};

}  // namespace penstock
