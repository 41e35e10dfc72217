#include "endpoint/unload/unload_manifest.h"

#include <nlohmann/json.hpp>

namespace penstock::endpoint {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& manifest) {
  return manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json type_of(const ResultColumn& column) {
  Json type{{"base", type_name(column)}};
  const ValueKind kind = kind_of(column);
  if (kind == ValueKind::text || kind == ValueKind::other) type["max_length"] = max_length(column);
  if (kind == ValueKind::numeric) {
    const Decimals decimals = decimals_of(column);
    type["precision"] = decimals.precision == 0 ? 38 : decimals.precision;
    type["scale"] = decimals.scale;
  }
  return type;
}

}  // namespace

std::string unload_manifest(const std::vector<ManifestFile>& files) {
  Json entries = Json::array();
  for (const ManifestFile& file : files) {
    entries.push_back({{"url", file.url}, {"meta", {{"content_length", file.content_length}}}});
  }
  return text_of({{"entries", std::move(entries)}});
}

std::string verbose_unload_manifest(const std::vector<ManifestFile>& files, const std::vector<ResultColumn>& columns) {
  Json entries = Json::array();
  std::uint64_t length = 0;
  std::uint64_t records = 0;
  for (const ManifestFile& file : files) {
    length += file.content_length;
    records += file.records;
    entries.push_back(
        {{"url", file.url}, {"meta", {{"content_length", file.content_length}, {"record_count", file.records}}}});
  }
  Json elements = Json::array();
  for (const ResultColumn& column : columns) elements.push_back({{"name", column.name}, {"type", type_of(column)}});
  return text_of({{"entries", std::move(entries)},
                  {"schema", {{"elements", std::move(elements)}}},
                  {"meta", {{"content_length", length}, {"record_count", records}}},
                  {"author", {{"name", "Amazon Redshift"}, {"version", "1.0.0"}}}});
}

}  // namespace penstock::endpoint
