#include <cstddef>
#include <cstdint>
#include <string_view>

#include "penstock/error.h"
#include "store/s3_xml.h"

// Any bytes are XML or an Error; and what was read, escaped, reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto root = penstock::parse_xml({reinterpret_cast<const char*>(data), size});
    if (penstock::parse_xml("<k>" + penstock::escape_xml(root.text) + "</k>").text != root.text) __builtin_trap();
  } catch (const penstock::Error&) {  // what is no XML
  }
  return 0;
}
