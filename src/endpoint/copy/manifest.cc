#include "endpoint/copy/manifest.h"

#include <nlohmann/json.hpp>

#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

using Json = nlohmann::json;

constexpr int kCopyError = 8001;

SqlError not_a_manifest(std::int64_t query) {
  return redshift_error("Manifest file is not in correct json format", kCopyError, "", query, "s3_utility.cpp");
}

std::optional<std::uint64_t> content_length(const Json& entry, bool columnar, std::int64_t query) {
  const auto meta = entry.find("meta");
  if (meta == entry.end() || !meta->is_object() || !meta->contains("content_length")) {
    if (!columnar) return std::nullopt;
    const bool no_meta = meta == entry.end() || !meta->is_object();
    constexpr int kSpectrumManifest = 15003;
    throw redshift_error(
        no_meta ? "File entry does not have 'meta' key." : "File entry does not have 'content_length' key.",
        kSpectrumManifest, "", query, "spectrum_manifest.cpp");
  }
  const Json& length = (*meta)["content_length"];
  if (length.is_number_unsigned()) return length.get<std::uint64_t>();
  throw not_a_manifest(query);
}

ManifestEntry parse_entry(const Json& entry, bool columnar, std::int64_t query) {
  if (!entry.is_object()) throw not_a_manifest(query);
  const auto url = entry.find("url");
  if (url == entry.end() || !url->is_string()) {
    throw redshift_error("Mandatory url is not present in manifest file.", kCopyError, "", query, "s3_utility.cpp");
  }
  ManifestEntry parsed{.url = url->get<std::string>(), .content_length = content_length(entry, columnar, query)};
  if (const auto mandatory = entry.find("mandatory"); mandatory != entry.end()) {
    if (!mandatory->is_boolean()) throw not_a_manifest(query);
    parsed.mandatory = mandatory->get<bool>();
  }
  return parsed;
}

}  // namespace

std::vector<ManifestEntry> parse_manifest(std::string_view text, bool columnar, std::int64_t query) {
  const Json manifest = Json::parse(text, nullptr, false);
  if (!manifest.is_object()) throw not_a_manifest(query);
  const auto entries = manifest.find("entries");
  if (entries == manifest.end() || !entries->is_array()) throw not_a_manifest(query);
  std::vector<ManifestEntry> parsed;
  for (const Json& entry : *entries) parsed.push_back(parse_entry(entry, columnar, query));
  return parsed;
}

}  // namespace penstock::endpoint
