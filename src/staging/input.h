// What is staged: text that is split into records, or records that come as columns.
//
// Threads: what an input opens is read by one thread at a time. Errors: what its readers throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "penstock/object_reader.h"
#include "staging/record_batches.h"
#include "staging/staged_text.h"

namespace penstock::staging {

struct Input {
  std::string name;                                       // for messages: a path, a URI
  std::function<std::unique_ptr<ObjectReader>()> open{};  // called when its turn comes
  std::uint64_t skip = 0;                                 // records at its start that are not data: 1 for a header
  // In place of open(), where records are columns and the shape is CSV: batches of about so many bytes.
  std::function<std::unique_ptr<RecordBatches>(const CsvShape&, std::size_t bytes)> open_batches{};
};

struct Progress {
  std::uint64_t bytes = 0;    // read, of all inputs so far
  std::uint64_t records = 0;  // split; blank lines among them
};

}  // namespace penstock::staging
