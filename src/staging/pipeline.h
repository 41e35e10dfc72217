// Inputs into S3, as parts that COPY reads in parallel: split, made into what COPY reads, compressed and uploaded, all
// at once.
//
//     input ─ Splitter ─ chunks ─┬─ StagedText ─ Compressor ─ ObjectWriter   part-00001.csv.zst
//      (the caller's thread)     └─ StagedText ─ Compressor ─ ObjectWriter   part-00002.csv.zst
//
// An input that comes as columns gives batches of records in place of chunks, see record_batches.h.
//
// If asked, each record is looked at first (inspection.h): the bad ones are told in the order of the source, and either
// nothing is staged, or all but them is.
//
// A part holds whole records, but not those next to each other: their order is only in their position, if that is asked
// for. What fails, or is stopped, leaves no part behind; what is killed leaves the parts that it had finished, under
// the prefix.
//
// Threads:  stage() is called from one thread and starts its workers; they end before it returns.
// Memory:   StageOptions::memory, whatever the input; the store's transfers have a budget of their own. A record longer
//           than a chunk is held whole.
// Errors:   Error: those of splitter.h (which an inspection that sets nothing aside finds, too), staged_text.h and
//           record_batches.h, of the earliest record that was refused; invalid, where batches are to be inspected;
//           cancelled, when stop was requested; what readers and the store throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "codec/compress.h"
#include "penstock/store.h"
#include "staging/input.h"
#include "staging/inspection.h"
#include "staging/staged_text.h"

namespace penstock::staging {

struct Inspection {
  std::shared_ptr<const ValueRules> rules{};
  bool sets_aside = false;  // bad records are left out; else one of them keeps all from being staged
  // Called in the order of the source, by one thread at a time, which need not be the caller's.
  std::function<void(const BadRecord&)> found{};
};

struct StageOptions {
  Shape shape{};
  Compression compression = Compression::gzip;
  std::size_t memory = 256 << 20;     // bytes of buffers
  std::size_t part_bytes = 48 << 20;  // of a part, before compression, about
  std::size_t record_limit = 16 << 20;
  std::uint64_t first_position = 1;               // of the first record, where each gets its position
  unsigned workers = 0;                           // 0: one for each core
  std::map<std::string, std::string> metadata{};  // of every part
  std::optional<Inspection> inspection{};
  std::function<void(const Progress&)> on_progress{};  // after each chunk, in the caller's thread
};

struct Part {
  ObjectInfo object;
  std::uint64_t records = 0;
};

struct Staged {
  std::vector<Part> parts;  // in the order of their keys
  std::uint64_t bytes_read = 0;
  std::uint64_t records = 0;  // in the parts
  std::uint64_t bad = 0;      // that an inspection found

  [[nodiscard]] std::uint64_t bytes_stored() const noexcept;
};

// prefix: of the parts' keys, a folder of this run's own: a key that is there already is a conflict.
Staged stage(std::span<const Input> inputs, ObjectStore& store, const std::string& prefix, const StageOptions& options,
             const std::stop_token& stop);

// The inspection alone: nothing is staged. records: all that there are.
Staged inspect(std::span<const Input> inputs, const StageOptions& options, const std::stop_token& stop);

}  // namespace penstock::staging
