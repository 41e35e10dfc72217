// Records that COPY would refuse, found before it reads them: all of them, and each of a record's bad values.
//
// A record is looked at as it came, and its values as COPY will see them. A stray quote pairs with the next one, so the
// record that it is in may reach over several lines.
//
// Threads: an Inspector, one at a time, each with its own; ValueRules, any. Memory: what is found; a value's start.
// Errors: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "staging/chunk.h"
#include "staging/staged_text.h"

namespace penstock::staging {

// What values must be; fields are numbered as they are copied.
class ValueRules {
 public:
  virtual ~ValueRules() = default;
  // Why COPY refuses it; nullopt: it doesn't. No value: NULL.
  [[nodiscard]] virtual std::optional<std::string> fault_of(std::size_t field,
                                                            std::optional<std::string_view> value) const = 0;
  // A member of JSON is given as it is written, not as the text it stands for.
  [[nodiscard]] virtual bool takes_json(std::size_t field) const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& names() const = 0;  // of the fields: JSON's members
};

struct Fault {
  std::uint64_t line = 0;              // of the input, on which the value begins
  std::optional<std::size_t> field{};  // unset: the record as a whole
  std::string value{};                 // its start, as the input has it
  std::string reason{};
};

struct BadRecord {
  std::string_view input{};
  std::uint64_t line = 0;       // its first
  std::string_view text{};      // as it came, with its line's end; in the chunk
  std::vector<Fault> faults{};  // one at least
};

class Inspector {
 public:
  virtual ~Inspector() = default;
  // Appends the bad ones of the chunk's records. Returns how many records there are: blank lines are none.
  virtual std::uint64_t inspect(const Chunk& chunk, std::string_view input, std::vector<BadRecord>& bad) = 0;
};

// rules: lives as long. invalid: the shape is a database's, whose records are not inspected.
std::unique_ptr<Inspector> inspector(const Shape& shape, const ValueRules& rules);

// Takes them out of the chunk that they are of. Their texts are gone then.
void remove_records(const std::vector<BadRecord>& bad, Chunk& chunk);

}  // namespace penstock::staging
