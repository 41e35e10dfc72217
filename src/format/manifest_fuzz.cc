// Any text is a manifest or a list of problems; and what is one comes back from what we write.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "format/manifest.h"
#include "penstock/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace format = penstock::format;
  try {
    const auto entries = format::parse_manifest({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (format::parse_manifest(format::manifest_text(entries), "again") != entries) std::abort();
  } catch (const penstock::Error& e) {
    if (e.kind() != penstock::ErrorKind::refused) throw;
  }
  return 0;
}
