// A reader of batches that tells how far it is, and ends when a stop is requested.
//
// Threads: one at a time. Errors: Error cancelled; those of the reader.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "columnar/batches.h"

namespace penstock::columnar {

// on_batch is told, after each batch and at the end, what was read so far: of bytes as stored, and of rows.
std::unique_ptr<BatchReader> watched(std::unique_ptr<BatchReader> rows,
                                     std::function<void(std::uint64_t bytes, std::uint64_t rows)> on_batch,
                                     std::stop_token stop);

}  // namespace penstock::columnar
