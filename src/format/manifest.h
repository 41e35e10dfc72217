// A COPY manifest: which objects, exactly, a load reads.
//
//     {"entries": [{"url": "s3://bucket/key", "mandatory": true, "meta": {"content_length": 99}}]}
//
// Threads: any. Errors: Error refused; one message with a line per problem, which names the entry by its number, or the
// line and column where the text is not JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::format {

struct ManifestEntry {
  std::string url;        // s3://bucket/key: one object, not a prefix
  bool mandatory = true;  // COPY fails without it; what a manifest does not say is false, as COPY takes it
  std::optional<std::uint64_t> content_length;  // bytes; COPY wants it for Parquet
  std::optional<std::uint64_t> record_count{};  // rows, as UNLOAD's MANIFEST VERBOSE says them; a header counts

  bool operator==(const ManifestEntry&) const = default;
};

constexpr std::size_t kMaxManifestBytes = 16 << 20;

// Strict: what COPY would pass over in silence, or load twice, is a problem here: no entries, an entry without an
// s3:// url of an object, a url twice (COPY loads it twice), a key twice, a member of another type. Members that COPY
// ignores (UNLOAD writes some) are ignored. `origin` names the manifest in messages. Bounded: 16 MiB, 32 levels.
std::vector<ManifestEntry> parse_manifest(std::string_view json, std::string_view origin);

// The same entries give the same bytes. Errors: invalid for a url that is not UTF-8, which no JSON can hold.
std::string manifest_text(const std::vector<ManifestEntry>& entries);

}  // namespace penstock::format
