// PostgreSQL's values of one column into Arrow's.
//
// Errors: SqlError for a value that the column's type in Parquet can't hold.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "endpoint/unload/unload_run.h"

namespace penstock::endpoint {

class ParquetColumn {
 public:
  virtual ~ParquetColumn() = default;
  virtual void add(const ResultField& field) = 0;
  virtual std::shared_ptr<arrow::Array> finish() = 0;  // what was added since the last time
};

// The type in the file.
std::shared_ptr<arrow::DataType> parquet_type(const ResultColumn& column);
// Whether the values come in PostgreSQL's binary form.
bool is_binary_in_parquet(ValueKind kind) noexcept;
std::unique_ptr<ParquetColumn> parquet_column(const ResultColumn& column);

}  // namespace penstock::endpoint
