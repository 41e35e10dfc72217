// The bytes of an object, one after the other: what a store opens and a codec unpacks.
//
// Threads: one at a time. Errors: those of the store or codec that handed it out.
#pragma once

#include <cstddef>
#include <span>

namespace penstock {

class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  // Fills as much of the buffer as one step gives; 0 only at the end (or for an empty buffer).
  virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

}  // namespace penstock
