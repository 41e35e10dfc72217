// The text of an UNLOAD's manifest.
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/unload/unload_run.h"

namespace penstock::endpoint {

struct ManifestFile {
  std::string url;
  std::uint64_t content_length = 0;
  std::uint64_t records = 0;  // lines of a header included
};

std::string unload_manifest(const std::vector<ManifestFile>& files);
// VERBOSE: with the schema of the query, totals and author.
std::string verbose_unload_manifest(const std::vector<ManifestFile>& files, const std::vector<ResultColumn>& columns);

}  // namespace penstock::endpoint
