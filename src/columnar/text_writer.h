// Batches into a file of CSV or JSON lines.
//
// CSV: a header; RFC 4180, lines end with \n; quotes where they are needed; NULL is an unquoted empty field, empty text
// is "". JSON lines: an object a row, NULL is null; text that is JSON stays as it is. Values are those of value_text.h
// and json_text.h: exact; bytes are hexadecimal digits.
//
//     write() ─ pieces of a batch ─┬─ text (─ gzip, bzip2) ─┐
//      (the caller's thread)       └─ text (─ gzip, bzip2) ─┴─ in their order (─ zstd) ─ ByteSink
//
// gzip and bzip2 are files of several members, each compressed by a worker; zstd is one frame, as some of its readers
// stop behind the first.
//
// Threads:  one at a time; workers of its own, which end with it.
// Memory:   pieces of 48 MiB in all, about, the batches that they are of, and their text.
// Errors:   Error refused, naming the file and the column, when it is made: a type that has no text, all of them at
//           once; naming the row and the column: a value without exact text (value_text.h), in JSON NaN and
//           infinities, too; NULL in CSV of one column, whose line nobody could tell from a blank one. What the sink
//           throws passes through. The earliest row's error is the one that is thrown, by write() or commit().
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string_view>

#include "codec/compress.h"
#include "columnar/batches.h"
#include "store/byte_sink.h"

namespace penstock::columnar {

// No number, date, time or boolean has this delimiter in its text, so that none of them needs quotes.
inline bool is_apart(char delimiter) noexcept {
  return std::string_view(",\t;|").find(delimiter) != std::string_view::npos;
}

struct TextWriting {
  Compression compression = Compression::none;
  char delimiter = ',';  // of CSV
  unsigned workers = 0;  // 0: one for each core
};

std::unique_ptr<BatchWriter> csv_writer(const std::shared_ptr<arrow::Schema>& schema, std::unique_ptr<ByteSink> sink,
                                        const TextWriting& how = {});
std::unique_ptr<BatchWriter> json_writer(const std::shared_ptr<arrow::Schema>& schema, std::unique_ptr<ByteSink> sink,
                                         const TextWriting& how = {});

}  // namespace penstock::columnar
