// Rows as PostgreSQL's COPY … TO STDOUT writes them in its text format, as Redshift's COPY reads them: CSV with tabs.
//
// Tabs and newlines end fields and rows in both, so that what holds no backslash, quote or NULL stays as it is, however
// many rows it spans. A \N becomes kNullText; what was escaped is decoded and quoted.
//
// Threads, Errors: as StagedText's; refused, naming row, column and value, is also what the field's kind can't be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "staging/csv_index.h"
#include "staging/staged_text.h"

namespace penstock::staging {

inline constexpr char kPostgresDelimiter = '\t';

std::unique_ptr<StagedText> postgres_text(const PostgresShape& shape,
                                          CsvIndexer::Kernel kernel = CsvIndexer::Kernel::fastest);

}  // namespace penstock::staging
