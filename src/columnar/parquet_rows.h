// The rows of one Parquet file: see file_rows.h. Of memory, it takes a page of each column that is read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "columnar/file_rows.h"
#include "columnar/source_file.h"

namespace penstock::columnar {

// columns: that are to be read at once, about.
std::unique_ptr<FileRows> parquet_rows(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool, std::size_t columns);
std::unique_ptr<FileRows> parquet_rows(const std::string& path, arrow::MemoryPool& pool, std::size_t columns);

}  // namespace penstock::columnar
