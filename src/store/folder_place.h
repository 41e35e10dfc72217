// One bucket of a folder store, as folders and files.
//
// A Place is opened for one call or one listing, and holds a few descriptors meanwhile. Threads: one.
// Errors: Error with the system's words, after what was done to the disk; the caller adds for which object.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/store.h"
#include "store/file.h"
#include "store/folder_attributes.h"

namespace penstock {

struct FolderRoot {
  std::string path;
  AttributeKeeper keeper;
};

// The folder at the path below another; empty if there is none.
Fd walk(int from, std::span<const std::string> path);
// The object's file at the path; empty if there is none.
Fd find_file(int from, std::span<const std::string> path);
// Opens a folder, making it if it isn't there. Empty where nothing can be written.
Fd make_folder(int from, const std::string& name);

std::chrono::sys_time<std::chrono::nanoseconds> modified(const struct stat& file);
bool same_version(const struct stat& a, const struct stat& b);

class FolderPlace {
 public:
  FolderPlace(const FolderRoot& root, std::string_view bucket, std::string_view act);  // not_found: no such bucket

  [[nodiscard]] int objects() const noexcept { return objects_.get(); }
  [[nodiscard]] int attributes() const noexcept { return attributes_.get(); }
  [[nodiscard]] Fd uploads() const;  // empty where nothing can be written

  // Names change only under the exclusive lock. Where nothing can be written, nothing changes, and there is no lock.
  [[nodiscard]] Fd lock(Sharing sharing) const;
  // The object that an open file holds, with its metadata.
  [[nodiscard]] ObjectInfo describe(int file, std::string key) const;
  // Gives a finished upload its name. False: only_if_absent, and the key is taken.
  [[nodiscard]] bool put(int uploads, const std::string& upload, const std::string& key, bool only_if_absent) const;
  // Takes the file of a key away, and the folders that it leaves empty.
  void unlink(const std::string& key) const;

 private:
  void remember_settled(int file, const struct stat& found, const std::string& key,
                        const FolderAttributes& attributes) const;
  [[nodiscard]] Fd make_folders(std::span<const std::string> path) const;

  const FolderRoot& root_;
  Fd objects_;
  Fd side_;  // .penstock/<bucket>; empty where nothing can be written
  Fd attributes_;
};

}  // namespace penstock
