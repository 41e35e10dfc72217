#include "columnar/object_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "columnar/read_ahead.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr unsigned kFetchers = 4;

class ObjectFile final : public SourceFile {
 public:
  ObjectFile(ObjectStore& store, const ObjectInfo& object, arrow::MemoryPool& pool, std::size_t read_ahead)
      : SourceFile(store.uri_of(object.key), object.size, pool), store_(store), object_(object), budget_(read_ahead) {}

  void expect(const std::vector<ExpectedGroup>& groups) override {
    ahead_.reset();
    const auto fetch = [this](std::uint64_t position, std::span<std::byte> out) { this->fetch(position, out); };
    ahead_ = std::make_unique<ReadAhead>(fetch, groups, budget_, kFetchers);
  }
  [[nodiscard]] bool is_far() const noexcept override { return true; }

 private:
  void read(std::uint64_t position, std::span<std::byte> out) override {
    while (!out.empty()) {
      std::size_t count = ahead_ ? ahead_->read(position, out) : 0;
      if (count == 0) {
        const std::uint64_t until = ahead_ ? ahead_->next_piece(position) - position : out.size();
        count = static_cast<std::size_t>(std::min<std::uint64_t>(until, out.size()));
        fetch(position, out.first(count));
      }
      out = out.subspan(count);
      position += count;
    }
  }

  void fetch(std::uint64_t position, std::span<std::byte> out) {
    const auto reader = store_.open(object_, ByteRange{.offset = position, .length = out.size()});
    while (!out.empty()) {
      const std::size_t count = reader->read(out);
      if (count == 0) {
        throw Error(ErrorKind::unavailable, fmt::format("reading {}: the answer ended early", printable(name())));
      }
      out = out.subspan(count);
    }
  }

  ObjectStore& store_;
  const ObjectInfo object_;
  const std::size_t budget_;
  std::unique_ptr<ReadAhead> ahead_;
};

}  // namespace

std::shared_ptr<SourceFile> open_object(ObjectStore& store, const ObjectInfo& object, arrow::MemoryPool& pool,
                                        std::size_t read_ahead) {
  return std::make_shared<ObjectFile>(store, object, pool, read_ahead);
}

}  // namespace penstock::columnar
