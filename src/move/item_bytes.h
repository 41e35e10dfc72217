// The bytes of a source's files and objects, as they lie there; and of stdin.
//
// Threads: any; each reader one at a time. Lifetime: the resource and the job outlive the readers.
// Errors: what readers throw; cancelled, when the job's stop is requested.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "move/network.h"
#include "penstock/object_reader.h"
#include "store/byte_sink.h"

namespace penstock::network {

class ItemBytes {
 public:
  ItemBytes(const Resource& from, Job& job);

  [[nodiscard]] ObjectStore& store() const noexcept { return *store_; }  // of a source in S3
  std::unique_ptr<ObjectReader> open(const Item& item);                  // which tells the job how far it is
  std::unique_ptr<ObjectReader> open_stdin();
  void tell(std::uint64_t bytes);  // so many more were read

 private:
  const Resource& from_;
  Job& job_;
  std::unique_ptr<ObjectStore> store_;
  Guarded<std::uint64_t> read_;
};

// All that the reader has, through a buffer of a megabyte.
template <typename Write>
void pump(ObjectReader& from, const Write& write) {
  constexpr std::size_t kBuffer = 1 << 20;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kBuffer);
  while (const std::size_t count = from.read({buffer.get(), kBuffer})) {
    write(std::span<const std::byte>(buffer.get(), count));
  }
}

}  // namespace penstock::network
