// The columns of a source and the types that hold them: every record is looked at, unless a sample is asked for.
//
//     input ─ Splitter ─ chunks ─┬─ profiles ─┐
//      (the caller's thread)     └─ profiles ─┴─ merged ─ types
//
// A type is the narrowest that takes every value, that COPY reads them into without an error, and that gives them back
// as they were (value.h). What was seen is the same however the source is cut into chunks.
//
// Threads:  discover() is called from one thread and starts its workers; they end before it returns.
// Memory:   DiscoverOptions::memory, whatever the input, and what is noted of each column.
// Errors:   Error: those of staging/splitter.h and chunk_profiles.h, of the earliest record that was refused;
//           cancelled; what readers throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "staging/pipeline.h"
#include "table/type.h"

namespace penstock::discovery {

struct Column {
  std::string name{};           // as the source has it
  table::Type type{};           // with room for what may come: more digits, longer text
  table::Type tight{};          // takes what was seen, and no more
  std::string why{};            // what ruled out a narrower type: the first such value, and its line
  std::uint64_t nulls = 0;      // records that have no value of the type
  std::uint64_t empties = 0;    // of text: values that are empty, and some that are blank
  std::uint64_t max_bytes = 0;  // of a value, as text; may be more than the type takes
  std::string too_long{};       // where the first value is that no varchar takes: "data.csv line 7"; empty: nowhere
};

struct Discovered {
  std::vector<Column> columns{};  // in their order in the source; members of JSON as they came up
  std::uint64_t records = 0;      // that were looked at
  std::uint64_t lines = 0;        // the same, and the blank lines between them
  bool is_whole = true;           // all that there are were; else a sample
  std::uint64_t bytes_read = 0;
};

struct DiscoverOptions {
  staging::Shape shape{};            // CSV's or JSON's: other sources say the types of their columns themselves
  std::vector<std::string> names{};  // of CSV's fields: as many as the shape has
  std::uint64_t sample = 0;          // records that are enough, each input's share, or a chunk's more; 0: all
  std::size_t memory = std::size_t{64} << 20;
  std::size_t record_limit = std::size_t{16} << 20;
  unsigned workers = 0;                                         // 0: one for each core
  std::function<void(const staging::Progress&)> on_progress{};  // after each chunk, in the caller's thread
};

// Of text whose longest value has so many bytes: with room for more.
table::Type varchar_for(std::uint64_t longest);

Discovered discover(std::span<const staging::Input> inputs, const DiscoverOptions& options,
                    const std::stop_token& stop);

}  // namespace penstock::discovery
