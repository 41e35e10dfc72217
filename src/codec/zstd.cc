#include <zstd.h>
#include <zstd_errors.h>

#include <memory>
#include <new>
#include <string>

#include "codec/codecs.h"
#include "codec/input.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr int kMaxWindowLog = 27;  // 128 MiB, what the zstd tool itself takes unasked

class ZstdReader final : public ObjectReader {
 public:
  ZstdReader(std::unique_ptr<ObjectReader> in, std::string name)
      : in_(std::move(in)), name_(std::move(name)), stream_(ZSTD_createDCtx()) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  }

  std::size_t read(std::span<std::byte> buffer) override {
    while (!buffer.empty() && !failed_) {
      const std::span<const std::byte> bytes = in_.next();
      if (bytes.empty() && !inside_frame_) return 0;
      ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
      ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
      const std::size_t outcome = ZSTD_decompressStream(stream_.get(), &output, &input);
      if (ZSTD_isError(outcome)) refuse(ZSTD_getErrorCode(outcome));
      in_.consume(input.pos);
      inside_frame_ = outcome != 0;
      if (!inside_frame_) ++frames_;
      if (output.pos > 0) return output.pos;
      if (bytes.empty() && inside_frame_) fail("is cut off: the zstd stream has no end");
    }
    return 0;
  }

 private:
  [[noreturn]] void refuse(ZSTD_ErrorCode code) {
    switch (code) {
      case ZSTD_error_prefix_unknown:
        fail(frames_ == 0 ? "is not zstd" : "has bytes behind its zstd stream that are not zstd");
      case ZSTD_error_checksum_wrong:
        fail("is damaged: its zstd checksum does not match");
      case ZSTD_error_frameParameter_windowTooLarge:
        fail("needs a zstd window beyond 128 MiB; compress it without --long");
      default:
        fail(std::string("is damaged: zstd says ") + ZSTD_getErrorString(code));
    }
  }

  [[noreturn]] void fail(const std::string& what) {
    failed_ = true;
    throw Error(ErrorKind::refused, name_ + " " + what);
  }

  struct Free {
    void operator()(ZSTD_DCtx* stream) const noexcept { ZSTD_freeDCtx(stream); }
  };

  CompressedInput in_;
  std::string name_;
  std::unique_ptr<ZSTD_DCtx, Free> stream_;
  std::uint64_t frames_ = 0;
  bool inside_frame_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<ObjectReader> read_zstd(std::unique_ptr<ObjectReader> in, std::string name) {
  return std::make_unique<ZstdReader>(std::move(in), std::move(name));
}

}  // namespace penstock
