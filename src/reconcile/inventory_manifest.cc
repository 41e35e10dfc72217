#include "reconcile/inventory_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::reconcile {
namespace {

using nlohmann::json;

std::optional<InventoryManifest::Format> format_of(std::string_view name) {
  if (equal_ignoring_case(name, "CSV")) return InventoryManifest::Format::csv;
  if (equal_ignoring_case(name, "ORC")) return InventoryManifest::Format::orc;
  if (equal_ignoring_case(name, "Parquet")) return InventoryManifest::Format::parquet;
  return std::nullopt;
}

// "Bucket, Key, Size"
std::vector<std::string> columns_of(std::string_view schema) {
  std::vector<std::string> columns;
  while (!schema.empty()) {
    const auto comma = std::min(schema.find(','), schema.size());
    std::string_view name = schema.substr(0, comma);
    schema.remove_prefix(std::min(comma + 1, schema.size()));
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    columns.emplace_back(name.substr(0, name.find_last_not_of(' ') + 1));
  }
  return columns;
}

constexpr std::int64_t kMostMilliseconds = 253'402'300'799'000;  // the end of the year 9999

bool is_md5(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class Reader {
 public:
  Reader(std::string_view uri, std::string_view bucket) : uri_(uri), bucket_(bucket) {}

  InventoryManifest read(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object()) throw refused({"it is no JSON object"});
    const std::string source = text_of(document, "sourceBucket");
    if (!source.empty() && source != bucket_) {
      problem(fmt::format("it is the inventory of s3://{}, and not of s3://{}", printable(source), bucket_));
    }
    read_format(document);
    read_place(document);
    read_time(document);
    read_files(document);
    if (!problems_.empty()) throw refused(problems_);
    return std::move(manifest_);
  }

 private:
  void problem(std::string what) { problems_.push_back(std::move(what)); }

  [[nodiscard]] Error refused(const std::vector<std::string>& problems) const {
    std::string message;
    for (const std::string& what : problems) {
      message += fmt::format("{}{}: {}", message.empty() ? "" : "\n", printable(uri_), what);
    }
    return Error(ErrorKind::refused, message);
  }

  std::string text_of(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found != object.end() && found->is_string()) return found->get<std::string>();
    problem(fmt::format("it has no text \"{}\", as the manifest of an S3 Inventory has", name));
    return {};
  }

  void read_format(const json& document) {
    const std::string name = text_of(document, "fileFormat");
    const std::string schema = text_of(document, "fileSchema");
    const auto format = format_of(name);
    if (!format && !name.empty()) {
      problem(fmt::format("\"fileFormat\" is '{}', and not CSV, ORC or Parquet", printable(name)));
    }
    manifest_.format = format.value_or(InventoryManifest::Format::csv);
    if (manifest_.format == InventoryManifest::Format::csv) manifest_.columns = columns_of(schema);
  }

  void read_place(const json& document) {
    constexpr std::string_view kBefore = ":::";
    const auto found = document.find("destinationBucket");
    if (found == document.end() || !found->is_string()) return;
    const auto arn = found->get<std::string>();
    const auto at = arn.rfind(kBefore);
    manifest_.files_bucket = at == std::string::npos ? arn : arn.substr(at + kBefore.size());
  }

  // Milliseconds since 1970, as text.
  void read_time(const json& document) {
    const auto found = document.find("creationTimestamp");
    if (found == document.end() || !found->is_string()) return;
    const auto text = found->get<std::string>();
    std::int64_t milliseconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
    if (error != std::errc() || end != text.data() + text.size() || milliseconds < 0 ||
        milliseconds > kMostMilliseconds) {
      problem(fmt::format("\"creationTimestamp\" is '{}', and no number of milliseconds", printable(text)));
      return;
    }
    manifest_.created = std::chrono::floor<std::chrono::seconds>(
        std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(milliseconds)));
  }

  void read_files(const json& document) {
    const auto files = document.find("files");
    if (files == document.end() || !files->is_array()) {
      problem("it has no list \"files\", as the manifest of an S3 Inventory has");
      return;
    }
    std::set<std::string> keys;
    for (std::size_t i = 0; i < files->size(); ++i) {
      auto file = file_of((*files)[i]);
      if (!file) {
        problem(fmt::format("of file {}, there is no \"key\", \"size\" or \"MD5checksum\"", i + 1));
      } else if (!keys.insert(file->key).second) {
        problem(fmt::format("file {} is listed twice: {}", i + 1, printable(file->key)));
      } else {
        manifest_.files.push_back(*std::move(file));
      }
    }
  }

  static std::optional<InventoryFile> file_of(const json& file) {
    if (!file.is_object()) return std::nullopt;
    const auto key = file.find("key");
    const auto size = file.find("size");
    const auto md5 = file.find("MD5checksum");
    for (const auto& found : {key, size, md5}) {
      if (found == file.end()) return std::nullopt;
    }
    if (!key->is_string() || !size->is_number_unsigned() || !md5->is_string()) return std::nullopt;
    InventoryFile read{
        .key = key->get<std::string>(), .size = size->get<std::uint64_t>(), .md5 = lower(md5->get<std::string>())};
    if (read.key.empty() || !is_md5(read.md5)) return std::nullopt;
    return read;
  }

  const std::string_view uri_;
  const std::string_view bucket_;
  std::vector<std::string> problems_;
  InventoryManifest manifest_;
};

// LastModifiedDate and last_modified_date are one.
std::string bare(std::string_view name) {
  std::string bare = lower(name);
  std::erase(bare, '_');
  return bare;
}

std::optional<std::string> find(const std::vector<std::string>& names, std::string_view wanted) {
  const auto found = std::ranges::find_if(names, [&](const std::string& name) { return bare(name) == wanted; });
  return found == names.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

InventoryManifest parse_inventory_manifest(std::string_view json, std::string_view uri, std::string_view bucket) {
  return Reader(uri, bucket).read(json);
}

InventoryColumns inventory_columns(const std::vector<std::string>& of_file, std::string_view uri) {
  InventoryColumns columns;
  std::vector<std::string_view> missing;
  for (const std::string_view name : {"Key", "Size", "LastModifiedDate", "ETag"}) {
    const auto found = find(of_file, bare(name));
    if (!found) missing.push_back(name);
    columns.names.push_back(found.value_or(""));
  }
  if (!missing.empty()) {
    throw Error(ErrorKind::refused,
                fmt::format("{}: the inventory does not say {} of its objects, which tells what was committed; "
                            "configure it with the optional fields Size, LastModifiedDate and ETag, or list the bucket",
                            printable(uri), fmt::join(missing, ", ")));
  }
  const auto add = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto found = find(of_file, name);
    if (!found) return std::nullopt;
    columns.names.push_back(*found);
    return columns.names.size() - 1;
  };
  columns.is_latest = add("islatest");
  columns.is_delete_marker = add("isdeletemarker");
  return columns;
}

}  // namespace penstock::reconcile
