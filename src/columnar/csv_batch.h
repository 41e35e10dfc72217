// A batch of Arrow's as staged CSV: see staging/staged_text.h for what that is.
//
// Threads: a batch is handed from thread to thread, one at a time. Lifetime: it holds what it needs.
// Errors:  Error refused, naming the input, the row and the column, for a value that has no exact text in the table's
//          column, that is no UTF-8, or that is kNullText itself.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "staging/record_batches.h"
#include "staging/staged_text.h"
#include "table/type.h"

namespace penstock::columnar {

struct CsvColumn {
  int index = 0;     // in the batch
  std::string name;  // for messages
  std::optional<table::Type> into{};
};

struct CsvBatchShape {
  std::string input{};               // for messages: a path
  std::vector<CsvColumn> columns{};  // in the order of the fields; each fits, as misfit() says
  staging::CsvShape csv{};           // its delimiter and quote are no digit, letter, sign, point or colon
};

// first_row: of the batch in its input, from 1.
std::unique_ptr<staging::RecordBatch> csv_batch(std::shared_ptr<arrow::RecordBatch> rows, std::uint64_t first_row,
                                                std::shared_ptr<const CsvBatchShape> shape);

}  // namespace penstock::columnar
