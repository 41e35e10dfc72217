// The profiles of a source's columns, from its chunks. Each worker has its own; in the end they are merged.
//
// Threads: one at a time. Errors: Error refused, naming the input and the line: bytes that are no UTF-8, a NUL, quotes
// where none may be, a record of other than the expected number of fields, a line that is no JSON object, more members
// than a table may have columns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery/profile.h"
#include "staging/chunk.h"
#include "staging/staged_text.h"

namespace penstock::discovery {

class ChunkProfiles {
 public:
  virtual ~ChunkProfiles() = default;
  // number: of the chunk, over all inputs. Returns how many records there are: blank lines are none.
  virtual std::uint64_t add(const staging::Chunk& chunk, std::string_view input, std::uint64_t number) = 0;
  // other: of the same kind.
  virtual void merge(ChunkProfiles& other) = 0;
  // In their order in the source; of JSON, as they came up. names: of CSV's fields.
  virtual std::vector<std::pair<std::string, Profile>> columns(const std::vector<std::string>& names,
                                                               std::uint64_t records) const = 0;
};

std::unique_ptr<ChunkProfiles> csv_profiles(const staging::CsvShape& shape);
std::unique_ptr<ChunkProfiles> json_profiles();

// A value as a message shows it: long ones are cut.
Sighting sighting_of(const staging::Chunk& chunk, std::string_view input, std::uint64_t number, std::size_t at,
                     std::string_view value);

}  // namespace penstock::discovery
