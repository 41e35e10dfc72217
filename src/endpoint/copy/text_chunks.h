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
std::unique_ptr<ObjectReader> open_decompressed(const SourceObject& object, const CopyStatement& statement);
// And in UTF-8, as the statement says; a text_chunks() over them makes of a
// WrongEncoding a chunk that says so.
std::unique_ptr<ObjectReader> open_bytes(const SourceObject& object, const CopyStatement& statement);

}  // namespace penstock::endpoint
