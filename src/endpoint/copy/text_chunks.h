// Cuts an object of text into chunks of whole records, and drops its header lines.
//
// A record that reaches ChunkSizes::record is given up: its beginning comes as a chunk marked overlong, and what
// follows it up to the next newline is dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "endpoint/copy/record_format.h"

namespace penstock::endpoint {

// Where the last whole record of the bytes ends, which begin at a record; 0: none does. A record that may go on with
// the bytes that are still to come does not end.
using RecordsEnd = std::function<std::size_t(std::string_view)>;

std::unique_ptr<ChunkReader> text_chunks(std::unique_ptr<ObjectReader> bytes, std::int64_t header_lines,
                                         RecordsEnd records_end, ChunkSizes sizes = {});

// The object's bytes, decompressed as the statement says.
std::unique_ptr<ObjectReader> open_bytes(const SourceObject& object, CopyCodec codec);

}  // namespace penstock::endpoint
