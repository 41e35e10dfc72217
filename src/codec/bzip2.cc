#include <bzlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include "codec/codecs.h"
#include "codec/input.h"
#include "penstock/error.h"

namespace penstock {
namespace {

class Bzip2Reader final : public ObjectReader {
 public:
  Bzip2Reader(std::unique_ptr<ObjectReader> in, std::string name) : in_(std::move(in)), name_(std::move(name)) {}
  ~Bzip2Reader() override { end_stream(); }
  Bzip2Reader(const Bzip2Reader&) = delete;
  Bzip2Reader& operator=(const Bzip2Reader&) = delete;

  std::size_t read(std::span<std::byte> buffer) override {
    while (!buffer.empty() && !failed_) {
      if (in_.next().empty() && !inside_stream_) return 0;
      if (!inside_stream_) begin_stream();
      const std::size_t n = step(buffer);
      if (n > 0) return n;
    }
    return 0;
  }

 private:
  void begin_stream() {
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
    inside_stream_ = true;
  }
  void end_stream() noexcept {
    if (inside_stream_) BZ2_bzDecompressEnd(&stream_);
    inside_stream_ = false;
  }

  std::size_t step(std::span<std::byte> buffer) {
    constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
    const std::span<const std::byte> input = in_.next();
    const auto room = static_cast<unsigned>(std::min(buffer.size(), kMost));
    // libbz2 takes a pointer to mutable bytes and only reads them.
    stream_.next_in = const_cast<char*>(reinterpret_cast<const char*>(input.data()));
    stream_.avail_in = static_cast<unsigned>(input.size());
    stream_.next_out = reinterpret_cast<char*>(buffer.data());
    stream_.avail_out = room;
    const int outcome = BZ2_bzDecompress(&stream_);
    if (outcome != BZ_OK && outcome != BZ_STREAM_END) refuse(outcome);
    in_.consume(input.size() - stream_.avail_in);
    const std::size_t produced = room - stream_.avail_out;
    if (outcome == BZ_STREAM_END) {
      end_stream();
      ++streams_;
    } else if (input.empty() && produced == 0) {
      fail("is cut off: the bzip2 stream has no end");
    }
    return produced;
  }

  [[noreturn]] void refuse(int outcome) {
    switch (outcome) {
      case BZ_MEM_ERROR:
        throw std::bad_alloc();
      case BZ_DATA_ERROR_MAGIC:
        fail(streams_ == 0 ? "is not bzip2" : "has bytes behind its bzip2 stream that are not bzip2");
      default:
        fail("is damaged: its bzip2 blocks or their checksums are not valid");
    }
  }

  [[noreturn]] void fail(const std::string& what) {
    failed_ = true;
    throw Error(ErrorKind::refused, name_ + " " + what);
  }

  CompressedInput in_;
  std::string name_;
  bz_stream stream_{};
  std::uint64_t streams_ = 0;
  bool inside_stream_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<ObjectReader> read_bzip2(std::unique_ptr<ObjectReader> in, std::string name) {
  return std::make_unique<Bzip2Reader>(std::move(in), std::move(name));
}

}  // namespace penstock
