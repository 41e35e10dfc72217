// The other way round of decompress.h: bytes in, a compressed file out, as the usual tools read it.
//
// Threads: one at a time. Memory: fixed. Errors: Error internal; what the sink throws passes through. After an error
// the compressor is of no use.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace penstock {

enum class Compression { none, gzip, zstd, bzip2 };
enum class CompressionSpeed { usual, fastest };  // fastest: what is read once; zstd's level 1 (gzip has it always)

class Compressor {
 public:
  using Sink = std::function<void(std::span<const std::byte>)>;

  virtual ~Compressor() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  virtual void finish() = 0;  // the end of the file; once only
};

// Compression::none passes the bytes on.
std::unique_ptr<Compressor> compressor(Compression codec, Compressor::Sink sink,
                                       CompressionSpeed speed = CompressionSpeed::usual);

}  // namespace penstock
