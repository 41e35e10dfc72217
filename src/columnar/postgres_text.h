// Batches of rows as what PostgreSQL's COPY reads in its text format: a row a line, NULL as \N, what would end a field
// or a row behind a backslash. So the line that the server names is the row.
//
// Threads: one at a time. Memory: a batch of the rows'.
// Errors:  Error refused, naming the source, the row and the column: a value that has no exact text in the column; what
//          the rows' reader throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "columnar/batches.h"
#include "staging/chunk.h"

namespace penstock::columnar {

struct PostgresColumn {
  std::string name;
  std::string type;  // as format_type prints it
};

// Of a table that is made for the rows. refused: names that are there twice, what nothing holds; all of it.
std::vector<PostgresColumn> postgres_columns(const std::string& source, const BatchReader& rows);

// Why columns of the rows (name) can't go into columns of a table (type); one text each.
std::vector<std::string> postgres_misfits(const std::string& source, const BatchReader& rows,
                                          std::span<const PostgresColumn> columns);

class PostgresText {
 public:
  // columns: as above, without a misfit, in the order of the fields. The rows outlive it.
  PostgresText(std::string source, BatchReader& rows, std::vector<PostgresColumn> columns);
  ~PostgresText();
  PostgresText(const PostgresText&) = delete;
  PostgresText& operator=(const PostgresText&) = delete;

  // Appends the next rows, until `out` holds so many bytes. Returns how many; 0: there are no more.
  std::uint64_t append(std::size_t bytes, staging::Buffer& out);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::columnar
