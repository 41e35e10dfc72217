// What the footers of Parquet and ORC files say, of all of them together: nothing else of them is read.
//
// Threads: several footers are read at once; they end before it returns. Lifetime: stores are used while it runs.
// Memory:  FileReading::memory, about.
// Errors:  those of file_batches.h; refused: a name that is there twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "columnar/batch_input.h"
#include "columnar/file_batches.h"

namespace penstock::columnar {

struct Footers {
  std::vector<TypedColumn> columns;  // of all files, where COPY reads them alike; else none
  std::uint64_t rows = 0;
  // Why COPY, which goes by the position of columns, would not make of all files the rows that their batches are, in
  // columns of a table of just these types, of text varchar of any length; unset: it would.
  std::optional<std::string> other_by_copy;
};

// files: one at least.
Footers parquet_footers(const std::vector<FileInput>& files, const FileReading& how = {});
Footers orc_footers(const std::vector<FileInput>& files, const FileReading& how = {});

}  // namespace penstock::columnar
