// CSV of any bytes: no crash, rows that PostgreSQL can read, and the same outcome wherever chunks are cut.
#include <cstddef>
#include <iterator>

#include "endpoint/copy/testing/loading.h"

namespace {

// The first byte chooses.
constexpr std::string_view kOptions[] = {
    "csv ignoreallerrors",
    "csv encoding utf16 ignoreallerrors",
    "csv encoding utf16be ignoreallerrors",
    "csv fillrecord emptyasnull acceptinvchars ignoreallerrors",
    "csv delimiter '\\t' ignoreblanklines ignoreallerrors",
    "csv delimiter '||' quote '%' truncatecolumns timeformat 'auto' dateformat 'auto' ignoreallerrors"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  penstock::endpoint::testing::expect_same_in_any_chunks(kOptions[data[0] % std::size(kOptions)], bytes);
  return 0;
}
