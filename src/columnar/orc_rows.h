// The rows of one ORC file: see file_rows.h. Of memory, ORC's reader takes what it needs of a stripe, outside the pool.
#pragma once

#include <cstddef>
#include <memory>

#include "columnar/file_rows.h"
#include "columnar/source_file.h"

namespace penstock::columnar {

std::unique_ptr<FileRows> orc_rows(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool, std::size_t columns);

}  // namespace penstock::columnar
