// Parquet and ORC files, local or in a store, one after the other as one source of batches.
//
// Their columns are those of the first, in its order: the others have the same names, in any order, and types of which
// one takes the values of all (casts.h).
//
// A thread of its own reads ahead of who takes the batches. Of an object, what is next is fetched by several requests
// at once, of 1 MiB at least where the file's own parts are that large; it is one version of it that is read.
//
// Threads:  one at a time. Lifetime: stores outlive the reader.
// Memory:   FileReading::memory, about; what needs more is refused, unless the batches are kept.
// Errors:   Error not_found, denied, conflict: an object that changed meanwhile; refused, naming the file: none that
// can
//           be read, of no format that its name says, columns that don't agree (all of it at once); cancelled.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "columnar/batches.h"
#include "penstock/store.h"

namespace penstock::columnar {

struct FileInput {
  std::string name{};            // a path; of an object, s3://bucket/key
  ObjectStore* store = nullptr;  // null: it is a local file
  ObjectInfo object{};           // as head() or a listing gave it
};

struct FileReading {
  std::size_t memory = 256 << 20;
  std::size_t batch_bytes = 4 << 20;  // about
  // Whoever takes them keeps them as long as they like, also when the reader is gone: their memory is not counted.
  bool batches_are_kept = false;
  std::stop_token stop{};
};

// files: one at least.
std::unique_ptr<BatchReader> parquet_batches(std::vector<FileInput> files, const FileReading& how = {});
std::unique_ptr<BatchReader> orc_batches(std::vector<FileInput> files, const FileReading& how = {});

}  // namespace penstock::columnar
