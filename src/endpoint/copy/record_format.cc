#include "endpoint/copy/record_format.h"

#include "endpoint/copy/avro_format.h"
#include "endpoint/copy/csv.h"
#include "endpoint/copy/delimited.h"
#include "endpoint/copy/fixed_width.h"
#include "endpoint/copy/json_format.h"
#include "endpoint/copy/orc_format.h"
#include "endpoint/copy/parquet_format.h"

namespace penstock::endpoint {

std::unique_ptr<RecordFormat> record_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                            std::vector<JsonPath> json_paths, std::int64_t query, ChunkSizes sizes) {
  switch (statement.format) {
    case CopyFormat::delimited:
      return delimited_format(statement, columns, sizes);
    case CopyFormat::csv:
      return csv_format(statement, columns, sizes);
    case CopyFormat::fixed_width:
      return fixed_width_format(statement, columns, sizes);
    case CopyFormat::json:
      return json_format(statement, columns, std::move(json_paths), sizes);
    case CopyFormat::parquet:
      return parquet_format(statement, columns, query);
    case CopyFormat::orc:
      return orc_format(statement, columns, query);
    case CopyFormat::avro:
      return avro_format(statement, columns, std::move(json_paths), sizes);
  }
  throw not_supported("this format of COPY");
}

}  // namespace penstock::endpoint
