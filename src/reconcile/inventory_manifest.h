// The manifest.json of an S3 Inventory: which files list a bucket, and what they say of each object.
//
// Threads: any. Errors: Error refused, all that is wrong with it, naming the manifest.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::reconcile {

struct InventoryFile {
  std::string key;
  std::uint64_t size = 0;
  std::string md5;  // hexadecimal, lower case
};

struct InventoryManifest {
  enum class Format { csv, orc, parquet };
  Format format = Format::csv;
  std::string files_bucket{};          // empty: the one of the manifest
  std::vector<std::string> columns{};  // of CSV, in the order of the fields
  std::vector<InventoryFile> files{};
  std::optional<std::chrono::sys_seconds> created{};  // nullopt: it does not say
};

// Of that bucket; of another one it is refused.
InventoryManifest parse_inventory_manifest(std::string_view json, std::string_view uri, std::string_view bucket);

// The columns that an object is read from, by their names in the files: "Key" of CSV, "key" of ORC and Parquet.
struct InventoryColumns {
  std::vector<std::string> names{};  // key, size, last_modified, etag; then those of versions, where it lists them
  std::optional<std::size_t> is_latest{};  // places in names
  std::optional<std::size_t> is_delete_marker{};
};
inline constexpr std::size_t kInventoryKey = 0;
inline constexpr std::size_t kInventorySize = 1;
inline constexpr std::size_t kInventoryLastModified = 2;
inline constexpr std::size_t kInventoryEtag = 3;

// refused: some that are needed are not there; which ones the inventory has to be configured with.
InventoryColumns inventory_columns(const std::vector<std::string>& of_file, std::string_view uri);

}  // namespace penstock::reconcile
