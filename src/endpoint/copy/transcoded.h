// Text of the other encodings that COPY's ENCODING names, read as UTF-8.
//
// Threads: as the reader that was given. Errors: WrongEncoding, where the object's first bytes are those of another
// encoding: that object can't be loaded, and the others can. Half of a surrogate pair becomes what UTF-8 forbids, so
// that whoever checks the text finds it.
#pragma once

#include <memory>

#include "endpoint/sql/copy_statement.h"
#include "penstock/object_reader.h"

namespace penstock::endpoint {

struct WrongEncoding {};

// UTF8: as it is, but for a byte order mark of UTF-16. UTF16 needs one, UTF16LE and UTF16BE may have theirs.
std::unique_ptr<ObjectReader> transcoded(std::unique_ptr<ObjectReader> bytes, CopyEncoding encoding);

}  // namespace penstock::endpoint
