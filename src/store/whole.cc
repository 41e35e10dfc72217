#include <fmt/format.h>

#include "base/text.h"
#include "penstock/error.h"
#include "penstock/store.h"
#include "store/rules.h"

namespace penstock {

std::string read_all(ObjectStore& store, const ObjectInfo& object, std::uint64_t limit) {
  if (object.size > limit) {
    throw Error(ErrorKind::refused, fmt::format("read {}: it has {} bytes, and {} is the most that is taken here",
                                                printable(store.uri_of(object.key)), object.size, limit));
  }
  std::string bytes(object.size, '\0');
  const auto reader = store.open(object);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const std::size_t got = reader->read(std::as_writable_bytes(std::span(bytes).subspan(filled)));
    if (got == 0) throw changed_since_listed("read", store.uri_of(object.key));
    filled += got;
  }
  // An empty object is read, too: that it still is this version is part of the answer.
  std::byte beyond{};
  if (reader->read({&beyond, 1}) != 0) throw changed_since_listed("read", store.uri_of(object.key));
  return bytes;
}

std::string read_all(ObjectStore& store, std::string_view key, std::uint64_t limit) {
  const auto object = store.head(key);
  if (!object) throw no_such_object("read", store.uri_of(key));
  return read_all(store, *object, limit);
}

ObjectInfo write_all(ObjectStore& store, std::string key, std::string_view bytes, CreateOptions options) {
  const auto writer = store.create(std::move(key), std::move(options));
  writer->write(std::as_bytes(std::span(bytes)));
  return writer->commit();
}

}  // namespace penstock
