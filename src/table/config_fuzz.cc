// Any text is a config or a list of problems: never a crash, a hang, or memory without bound.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "penstock/error.h"
#include "table/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    penstock::table::parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.yml");
  } catch (const penstock::Error& e) {
    if (e.kind() != penstock::ErrorKind::invalid) throw;
  }
  return 0;
}
