// Fixed widths of any bytes: no crash, rows that PostgreSQL can read, and the same outcome wherever chunks are cut.
#include <cstddef>
#include <iterator>

#include "endpoint/copy/testing/loading.h"

namespace {

// The first byte chooses.
constexpr std::string_view kOptions[] = {
    "fixedwidth 'i:3,s:4,n:6,b:1,f:4,t:19,d:10,c:2' ignoreallerrors",
    "fixedwidth 'i:1,s:1,n:1,b:1,f:1,t:1,d:1,c:1' fillrecord removequotes acceptinvchars ignoreallerrors",
    "fixedwidth 'i:2,s:6,n:2,b:2,f:2,t:10,d:10,c:4' removequotes ignoreblanklines trimblanks fillrecord "
    "ignoreallerrors"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  penstock::endpoint::testing::expect_same_in_any_chunks(kOptions[data[0] % std::size(kOptions)], bytes);
  return 0;
}
