// Where a file is written to, byte after byte: a local file, an object, or a stream.
//
// A local file and an object appear whole with commit(), or not at all. A stream (stdout, a pipe, a device) gets the
// bytes as they come.
//
// Threads:  one at a time.
// Lifetime: a store outlives the sinks of its objects.
// Errors:   Error: conflict, where something has the name that may not be replaced, before a byte is written or by
//           commit(); not_found and denied, of the folder; unavailable, with the system's words: a full disk; what a
//           store's writer throws.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "penstock/store.h"
#include "store/file.h"

namespace penstock {

class ByteSink {
 public:
  virtual ~ByteSink() = default;  // without commit(): nothing of it is left, but in a stream
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;  // for messages: a path, s3://bucket/key
  virtual void write(std::span<const std::byte> bytes) = 0;
  virtual void commit() = 0;  // once: it is there, whole and durable
};

enum class Existing { refuse, replace };

// Beside what has the name stands a file without one meanwhile, where the file system knows such; else one whose name
// begins with a dot and ends in .partial. A link is followed. A name of what is no regular file (/dev/stdout, a named
// pipe) is a stream.
std::unique_ptr<ByteSink> local_sink(const std::string& path, Existing existing);

std::unique_ptr<ByteSink> object_sink(ObjectStore& store, std::string key, Existing existing,
                                      CreateOptions options = {});

// fd stays open, and the caller's.
std::unique_ptr<ByteSink> stream_sink(int fd, std::string name);

}  // namespace penstock
