#include "move/item_bytes.h"

#include <utility>

#include "base/text.h"
#include "load/waiting_reader.h"
#include "penstock/error.h"

namespace penstock::network {
namespace {

class ToldReader final : public ObjectReader {
 public:
  ToldReader(std::unique_ptr<ObjectReader> in, ItemBytes& all, const Job& job)
      : in_(std::move(in)), all_(all), job_(job) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (job_.context.stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while reading the source");
    const std::size_t count = in_->read(buffer);
    all_.tell(count);
    return count;
  }

 private:
  const std::unique_ptr<ObjectReader> in_;
  ItemBytes& all_;
  const Job& job_;
};

}  // namespace

ItemBytes::ItemBytes(const Resource& from, Job& job) : from_(from), job_(job) {
  if (from.place == Place::s3) store_ = job.context.buckets.open(from.s3.bucket);
}

std::unique_ptr<ObjectReader> ItemBytes::open(const Item& item) {
  auto bytes = store_ ? store_->open(item.object) : open_path(item.path, job_.context.stop);
  return std::make_unique<ToldReader>(std::move(bytes), *this, job_);
}

std::unique_ptr<ObjectReader> ItemBytes::open_stdin() {
  return std::make_unique<ToldReader>(penstock::open_stdin(job_.context.stop), *this, job_);
}

void ItemBytes::tell(std::uint64_t bytes) {
  read_.with([&](std::uint64_t& read) {
    read += bytes;
    job_.outcome.bytes_read = read;
    job_.on_progress({.bytes = read, .size = from_.bytes});
  });
}

}  // namespace penstock::network
