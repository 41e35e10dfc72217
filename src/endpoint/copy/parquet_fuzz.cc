// Parquet files of any bytes: no crash; rows that PostgreSQL can read, or an error.
#include <cstddef>
#include <string_view>

#include "endpoint/copy/testing/loading.h"
#include "endpoint/sql/sql_error.h"
#include "penstock/error.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace penstock::endpoint;
  static const TargetTable table = testing::table_of("i int4, s varchar(5), n numeric(8,3), f float8, d date");
  static const CopyStatement statement = testing::statement_of("format parquet");
  try {
    testing::load_object(statement, table, {reinterpret_cast<const char*>(data), size}, {});
  } catch (const SqlError&) {
    return 0;  // of the file as a whole
  } catch (const penstock::Error&) {
    return 0;  // of its bytes
  }
  return 0;
}
