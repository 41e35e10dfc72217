// CSV and JSON lines as batches of Arrow's, in the order of the source.
//
//     input ─ Splitter ─ chunks ─┬─ TextRows ─┐
//      (a thread of its own)     └─ TextRows ─┴─ in order ─ next()
//
// A value is what COPY reads for its column's type (text_column.h), and NULL stays apart from empty text: in CSV an
// unquoted field of just the null text is NULL, and "" is empty text for columns of text and NULL for others; in JSON
// null is NULL, as is a member that an object does not have.
//
// Threads:  the reader starts one that reads and splits, and its workers; they end before it does. What inputs open is
//           read by the first, one input after the other.
// Memory:   TextBatchOptions::memory, whatever the source, about: text, and the batches made of it that wait to be
//           taken. A record longer than a chunk is held whole.
// Errors:   Error, by next(), once the batches before it were taken: refused, for what splitter.h and text_rows.h
//           refuse; cancelled, when stop was requested; what readers throw. By text_batches(): what field_of() refuses.
#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "columnar/batches.h"
#include "columnar/text_rows.h"
#include "staging/input.h"
#include "staging/staged_text.h"

namespace penstock::columnar {

struct TextBatchOptions {
  staging::Shape shape{};               // CSV's or JSON's; without positions
  std::vector<SourceColumn> columns{};  // of the batches, in their order
  std::size_t memory = std::size_t{128} << 20;
  std::size_t chunk_bytes = std::size_t{4} << 20;  // of text that a batch is made of, at most, about
  std::size_t record_limit = std::size_t{16} << 20;
  unsigned workers = 0;  // 0: one for each core
};

// bytes_read(): of the inputs, as they are read: unpacked.
std::unique_ptr<BatchReader> text_batches(std::vector<staging::Input> inputs, TextBatchOptions options,
                                          std::stop_token stop);

}  // namespace penstock::columnar
