// What the columnar formats, Parquet and ORC, have in common: columns by position, types by what the file physically
// holds, and any error is the statement's ("Spectrum Scan Error", with the cause as the context of its block).
//
// A format gives batches of Arrow's; columnar_parser() makes rows of them.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "endpoint/copy/field_writer.h"
#include "endpoint/copy/load_column.h"
#include "endpoint/copy/record_format.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {

// What is wrong with one object, as Redshift says it.
class ScanErrors {
 public:
  // format: "Parquet"
  ScanErrors(std::string format, std::string uri, std::int64_t query)
      : format_(std::move(format)), uri_(std::move(uri)), query_(query) {}

  [[nodiscard]] SqlError unreadable(const std::string& why) const;
  [[nodiscard]] SqlError column_count(std::size_t table, int data) const;
  [[nodiscard]] SqlError incompatible(const LoadColumn& column, const std::string& schema) const;
  [[nodiscard]] SqlError needs_serializing() const;
  [[nodiscard]] SqlError too_long(const LoadColumn& column, std::size_t size) const;
  [[nodiscard]] SqlError value(const LoadColumn& column, const FieldProblem& problem) const;

 private:
  [[nodiscard]] SqlError error(int code, const std::string& context) const;
  [[nodiscard]] std::string url() const;

  std::string format_;
  std::string uri_;
  std::int64_t query_;
};

// A batch of rows of one object, on its way to a parser: Chunk::rows.
struct ColumnarBatch {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::shared_ptr<const ScanErrors> errors;
};

// Throws unless the table takes the file's columns. schema_of: the file's own words for its n-th column.
void check_columns(const CopyStatement& statement, std::span<const LoadColumn> columns, const arrow::Schema& schema,
                   const std::function<std::string(int)>& schema_of, const ScanErrors& errors);
// Rows that make about `bytes` together, of a file of so many rows and bytes.
std::int64_t rows_of_a_batch(std::uint64_t file_bytes, std::int64_t file_rows) noexcept;
std::unique_ptr<ChunkParser> columnar_parser(const CopyStatement& statement, std::span<const LoadColumn> columns);

// A format whose objects `Chunks` reads. It is made with the object, the statement, its columns and its query.
template <typename Chunks>
class ColumnarFormat final : public RecordFormat {
 public:
  ColumnarFormat(const CopyStatement& statement, std::span<const LoadColumn> columns, std::int64_t query)
      : statement_(statement), columns_(columns), query_(query) {}

  [[nodiscard]] std::unique_ptr<ChunkReader> open(const SourceObject& object) const override {
    return std::make_unique<Chunks>(object, statement_, columns_, query_);
  }
  [[nodiscard]] std::unique_ptr<ChunkParser> parser() const override { return columnar_parser(statement_, columns_); }

 private:
  const CopyStatement& statement_;
  std::span<const LoadColumn> columns_;
  std::int64_t query_;
};

}  // namespace penstock::endpoint
