// A COPY manifest, parsed. Errors: SqlError in Redshift's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::endpoint {

struct ManifestEntry {
  std::string url;
  bool mandatory = false;
  std::optional<std::uint64_t> content_length;
};

// columnar: every entry must say its content_length.
std::vector<ManifestEntry> parse_manifest(std::string_view text, bool columnar, std::int64_t query);

}  // namespace penstock::endpoint
