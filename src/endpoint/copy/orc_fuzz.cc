// ORC files of any bytes: no crash; rows that PostgreSQL can read, or an error.
#include <cstddef>

#include "endpoint/copy/testing/loading.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  penstock::endpoint::testing::expect_rows_or_an_error("format orc",
                                                       "i int4, s varchar(5), n numeric(8,3), f float8, d date",
                                                       {reinterpret_cast<const char*>(data), size});
  return 0;
}
