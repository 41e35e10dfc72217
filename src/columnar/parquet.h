// Local Parquet files as inputs of staging: their columns, and their rows as batches of records.
//
// A file is read a batch of rows at a time, whatever its row groups are; how many rows a batch is follows from what the
// last ones took. Checksums of pages are held where the writer left some.
//
// Threads: any; an input's batches by one at a time. Lifetime: an input outlives its batches.
// Memory:  Arrow's buffers, of all batches that are under way, stay below `memory`: a page of each column, and a few
//          batches. What needs more is refused.
// Errors:  Error not_found, denied; refused, with the file's name: no Parquet file that can be read, columns that are
//          not there (any more), values that have no text (see csv_batch.h); cancelled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "columnar/wanted.h"
#include "staging/input.h"
#include "table/type.h"

namespace arrow {
class Schema;
}

namespace penstock::columnar {

struct ParquetColumn {
  std::string name;
  std::string type;                       // in Arrow's words
  std::optional<table::Type> table_type;  // what a table has for it; nullopt: nothing holds it
};

struct ParquetFile {
  std::string path;
  std::vector<ParquetColumn> columns;  // of the top level: a nested column is one
  std::uint64_t records = 0;
  std::shared_ptr<const arrow::Schema> schema;
};

ParquetFile look_at_parquet(const std::string& path);  // reads its footer

// Why columns of a file can't go into those of the table, one text each. A name that the file has not is one, too.
std::vector<std::string> misfits(const ParquetFile& file, std::span<const Wanted> wanted);

// Inputs whose records have the wanted columns, in their order.
std::vector<staging::Input> parquet_inputs(std::span<const ParquetFile> files, std::vector<Wanted> wanted,
                                           std::size_t memory);

// A column of a table that takes what all files have in one of theirs.
struct TableColumn {
  std::string name;
  std::string file_type;                   // in Arrow's words, of the first file
  table::Type type{};                      // of text as wide as can be
  std::optional<std::uint64_t> longest{};  // bytes, of text
};

// Columns of text are read whole, for what is longest in them; all else the footers say.
// refused, all of it: a name that a file has not, what nothing holds, types of several files that don't go together.
std::vector<TableColumn> table_columns(std::span<const ParquetFile> files, const std::vector<std::string>& names,
                                       std::size_t memory, const std::stop_token& stop,
                                       const std::function<void(const staging::Progress&)>& on_progress = {});

}  // namespace penstock::columnar
