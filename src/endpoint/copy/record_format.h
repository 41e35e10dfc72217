// A format of objects: how they are cut into chunks of whole records, and how a chunk becomes rows.
//
// A new format is a RecordFormat and a line in record_format.cc; the pipeline, the counting of errors and the report
// know nothing of formats.
//
// Threads: RecordFormat from any; a ChunkReader and a ChunkParser from one thread each. Errors: what a reader or a
// parser throws fails the statement; rows that are wrong are ParsedChunk::errors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "endpoint/copy/byte_buffer.h"
#include "endpoint/copy/copy_sources.h"
#include "endpoint/copy/json_paths.h"
#include "endpoint/copy/load_column.h"
#include "endpoint/copy/row_loader.h"

namespace penstock::endpoint {

struct ChunkSizes {
  std::size_t chunk = 256 << 10;  // about so many bytes of text, or as many as its one record has
  std::size_t record = 64 << 20;  // a record is given up at this size
};

struct Chunk {
  ByteBuffer bytes;                        // text formats: whole records
  std::shared_ptr<const void> rows;        // columnar formats: theirs
  std::uint64_t lines_before = 0;          // lines of the object right before these bytes that belong to no chunk
  std::optional<FieldProblem> unreadable;  // there are no bytes: why the object, or the rest of it, can't be read
  bool overlong = false;                   // the bytes are the beginning of one record that is longer than any may be
};

class ChunkReader {
 public:
  virtual ~ChunkReader() = default;
  virtual bool next(Chunk& chunk) = 0;  // fills an empty chunk; false: the object's end
};

class ChunkParser {
 public:
  virtual ~ChunkParser() = default;
  virtual void parse(const Chunk& chunk, ParsedChunk& out) = 0;
};

class RecordFormat {
 public:
  virtual ~RecordFormat() = default;
  [[nodiscard]] virtual std::unique_ptr<ChunkReader> open(const SourceObject& object) const = 0;
  [[nodiscard]] virtual std::unique_ptr<ChunkParser> parser() const = 0;
};

// The statement's format; statement and columns outlive it. json_paths: none where members go by name.
// query: for errors of the statement.
std::unique_ptr<RecordFormat> record_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                            std::vector<JsonPath> json_paths, std::int64_t query,
                                            ChunkSizes sizes = {});

}  // namespace penstock::endpoint
