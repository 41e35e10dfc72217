// JSONPaths files and manifests of any bytes: what they say, or Redshift's refusal.
#include <cstddef>
#include <cstdlib>

#include "endpoint/copy/json_paths.h"
#include "endpoint/copy/manifest.h"
#include "endpoint/sql/sql_error.h"

using namespace penstock::endpoint;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  try {
    if (const auto paths = parse_json_paths(file, 2, 1); !paths.empty() && paths.size() != 2) std::abort();
  } catch (const SqlError&) {  // no JSONPaths file
  }
  for (const bool columnar : {false, true}) {
    try {
      for (const auto& entry : parse_manifest(file, columnar, 1)) {
        if (entry.url.empty() || (columnar && !entry.content_length)) std::abort();
      }
    } catch (const SqlError&) {  // no manifest
    }
  }
  return 0;
}
