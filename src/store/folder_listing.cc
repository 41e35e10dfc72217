#include "store/folder_listing.h"

#include <algorithm>

#include "base/text.h"
#include "store/folder_key.h"

namespace penstock {
namespace {

constexpr std::size_t kMostKeyBytes = 1024;

}  // namespace

FolderListing::FolderListing(const FolderRoot& root, std::string_view bucket, std::string_view prefix,
                             std::string_view start_after)
    : root_(root), bucket_(bucket), prefix_(prefix), start_after_(start_after) {}

std::optional<ObjectInfo> FolderListing::next() {
  if (!place_) {
    place_.emplace(root_, bucket_, "list");
    enter(*place_, {}, {});
  }
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.next == level.entries.size()) {
      levels_.pop_back();
      continue;
    }
    const Entry& entry = level.entries[level.next++];
    if (entry.is_folder) {
      Path path = level.path;
      path.insert(path.end(), entry.names.begin(), entry.names.end());
      level.folder = Fd();
      enter(*place_, level.key + entry.text, std::move(path));
      continue;
    }
    if (!level.folder) level.folder = walk(place_->objects(), level.path);
    if (!level.folder) continue;
    const Fd file = find_file(level.folder.get(), entry.names);
    if (!file) continue;  // gone since its folder was read
    ObjectInfo info = place_->describe(file.get(), level.key + entry.text);
    info.metadata.clear();
    return info;
  }
  return std::nullopt;
}

void FolderListing::enter(const FolderPlace& place, std::string key, Path path) {
  Level level{.key = std::move(key), .path = std::move(path)};
  {
    const Fd lock = place.lock(Sharing::shared);  // so that an object moving aside is seen
    const Fd folder = walk(place.objects(), level.path);
    if (folder) read_names(folder.get(), {}, {}, level);
  }
  // In the order of these texts, the keys below a folder come where its own text does: a.b, a/b, a0.
  std::ranges::sort(level.entries, {}, &Entry::text);
  const auto repeated = std::ranges::unique(level.entries, {}, &Entry::text);
  level.entries.erase(repeated.begin(), repeated.end());
  levels_.push_back(std::move(level));
}

void FolderListing::read_names(int folder, const std::string& text_above, const Path& names_above, Level& level) const {
  for (const auto& [name, is_folder, is_file] : names_in(folder)) {
    if (!is_folder && !is_file) continue;
    const FolderName read = read_folder_name(name);
    const std::string text = text_above + std::string(read.text);
    Path path = names_above;
    if (is_folder && read.kind == FolderName::Kind::continued) {
      path.push_back(name);
      const Fd below = open_folder_at(folder, name);
      if (below) read_names(below.get(), text, path, level);
      continue;
    }
    path.emplace_back(read.text);
    const std::string component = decode_component(text);
    if (component_names(component) != path) continue;  // no key gives this name
    if (is_folder && read.kind != FolderName::Kind::whole) continue;
    add(level, component, is_folder, std::move(path));
  }
}

void FolderListing::add(Level& level, const std::string& component, bool is_folder, Path names) const {
  std::string text = component + (is_folder ? "/" : "");
  const std::string key = level.key + text;
  if (!matters(key, is_folder) || key.size() > kMostKeyBytes || !is_utf8(key)) return;
  level.entries.push_back({.text = std::move(text), .is_folder = is_folder, .names = std::move(names)});
}

bool FolderListing::matters(std::string_view key, bool is_folder) const {
  if (!is_folder) return key.starts_with(prefix_) && key > start_after_;
  const bool in_prefix = key.starts_with(prefix_) || std::string_view(prefix_).starts_with(key);
  return in_prefix && (key > start_after_ || std::string_view(start_after_).starts_with(key));
}

}  // namespace penstock
