// An object of a store as a file of Arrow's, read by ranges, of one version of it.
//
// Threads, Errors: those of source_file.h. Lifetime: the store outlives it.
// Memory: what is read ahead, up to `read_ahead` bytes, apart from the pool's.
#pragma once

#include <cstddef>
#include <memory>

#include "columnar/source_file.h"
#include "penstock/store.h"

namespace penstock::columnar {

std::shared_ptr<SourceFile> open_object(ObjectStore& store, const ObjectInfo& object, arrow::MemoryPool& pool,
                                        std::size_t read_ahead);

}  // namespace penstock::columnar
