// One object in the making, of whatever format.
//
// Threads: one at a time. Errors: Error, the store's; SqlError for a value that the format can't hold.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "endpoint/unload/row_format.h"
#include "penstock/store.h"

namespace penstock::endpoint {

class OutputFile {
 public:
  virtual ~OutputFile() = default;  // without commit() nothing is there
  // False: the object is as large as it may be; the row belongs into the next one.
  virtual bool add(std::span<const ResultField> fields) = 0;
  virtual std::uint64_t commit() = 0;  // its size
};

// An object of text holds one row at least, however large. format outlives it.
std::unique_ptr<OutputFile> text_file(const RowFormat& format, UnloadCodec codec, std::uint64_t max_size,
                                      std::unique_ptr<ObjectWriter> writer);

}  // namespace penstock::endpoint
