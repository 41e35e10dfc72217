// Rows as the bytes of a text file: delimited, fixed width, CSV, JSON.
//
// Threads: one at a time. Errors: SqlError for a value that the format can't hold.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "endpoint/sql/unload_statement.h"
#include "endpoint/unload/unload_run.h"

namespace penstock::endpoint {

class RowFormat {
 public:
  virtual ~RowFormat() = default;
  // The line of column names; nothing where the statement wants none.
  virtual void append_header(std::string& out) const = 0;
  // fields: one for each column, as PostgreSQL's text.
  virtual void append_row(std::string& out, std::span<const ResultField> fields) const = 0;
};

// Any format but PARQUET. Throws SqlError for columns that the format can't hold.
std::unique_ptr<RowFormat> row_format(const UnloadStatement& statement, const std::vector<ResultColumn>& columns);

std::unique_ptr<RowFormat> delimited_rows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns);
std::unique_ptr<RowFormat> fixed_width_rows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns);
std::unique_ptr<RowFormat> csv_rows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns);
std::unique_ptr<RowFormat> json_rows(const std::vector<ResultColumn>& columns);

// A value as text files show it: PostgreSQL's text, less its own mark on bytes.
std::string_view shown_value(ValueKind kind, std::string_view text) noexcept;

}  // namespace penstock::endpoint
