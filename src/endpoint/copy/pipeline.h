// Objects in, chunks of binary rows out, in the objects' own order, with the work spread over threads.
//
//     reader threads          worker threads            the caller's thread
//     open, decompress, cut → parse, convert, encode → next(): chunk after chunk as they were cut
//
// A chunk's buffers come from a fixed number of jobs that go round: memory is bounded, and whoever is ahead waits.
//
// Threads: made and used by one thread; reads and parses on its own. Lifetime: format and objects outlive it; the
// destructor stops and joins its threads wherever they are.
// Errors: what a thread threw is the failure of the output where it belongs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <stop_token>

#include "endpoint/copy/record_format.h"

namespace penstock::endpoint {

class Pipeline {
 public:
  Pipeline(const RecordFormat& format, std::span<const SourceObject> objects, unsigned workers, std::stop_token stop);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  struct Output {
    std::size_t object = 0;               // index into the objects
    std::uint64_t lines_before = 0;       // lines of the object right before the chunk that are in no chunk
    const ParsedChunk* parsed = nullptr;  // nullptr: the object begins or ends here, without a chunk
    std::uint64_t bytes = 0;              // of the chunk, uncompressed; 0 of columnar formats
    bool begins = false;
    bool ends = false;
    std::exception_ptr failure{};  // what opening, reading or parsing the object threw; nothing comes after it
  };
  // nullptr: all is done, or stop was requested. Valid until the next call.
  const Output* next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::endpoint
