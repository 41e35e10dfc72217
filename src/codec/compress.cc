#include "codec/compress.h"

#include <bzlib.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "penstock/error.h"

namespace penstock {
namespace {

constexpr std::size_t kOutputBytes = 128 << 10;

std::span<const std::byte> bytes_of(const void* data, std::size_t size) {
  return {static_cast<const std::byte*>(data), size};
}

class Passing final : public Compressor {
 public:
  explicit Passing(Sink sink) : sink_(std::move(sink)) {}
  void write(std::span<const std::byte> bytes) override { sink_(bytes); }
  void finish() override {}

 private:
  Sink sink_;
};

class GzipCompressor final : public Compressor {
 public:
  explicit GzipCompressor(Sink sink) : sink_(std::move(sink)) {
    isal_deflate_init(stream_.get());
    stream_->gzip_flag = IGZIP_GZIP;
    stream_->level = 1;
    stream_->level_buf = level_.data();
    stream_->level_buf_size = static_cast<std::uint32_t>(level_.size());
  }

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), std::numeric_limits<std::int32_t>::max()));
      // ISA-L takes a pointer to mutable bytes and only reads them.
      stream_->next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(piece.data()));
      stream_->avail_in = static_cast<std::uint32_t>(piece.size());
      while (stream_->avail_in > 0) step();
      bytes = bytes.subspan(piece.size());
    }
  }

  void finish() override {
    stream_->end_of_stream = 1;
    stream_->avail_in = 0;
    while (stream_->internal_state.state != ZSTATE_END) step();
  }

 private:
  void step() {
    stream_->next_out = out_.data();
    stream_->avail_out = static_cast<std::uint32_t>(out_.size());
    if (isal_deflate(stream_.get()) != COMP_OK) throw Error(ErrorKind::internal, "gzip: the data can't be compressed");
    sink_(bytes_of(out_.data(), out_.size() - stream_->avail_out));
  }

  Sink sink_;
  std::unique_ptr<isal_zstream> stream_ = std::make_unique<isal_zstream>();
  std::vector<std::uint8_t> level_ = std::vector<std::uint8_t>(ISAL_DEF_LVL1_DEFAULT);
  std::vector<std::uint8_t> out_ = std::vector<std::uint8_t>(kOutputBytes);
};

class ZstdCompressor final : public Compressor {
 public:
  ZstdCompressor(Sink sink, CompressionSpeed speed) : sink_(std::move(sink)), stream_(ZSTD_createCCtx()) {
    if (!stream_) throw std::bad_alloc();
    const int level = speed == CompressionSpeed::fastest ? 1 : ZSTD_CLEVEL_DEFAULT;
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
  }

  void write(std::span<const std::byte> bytes) override {
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    while (input.pos < input.size) step(input, ZSTD_e_continue);
  }

  void finish() override {
    ZSTD_inBuffer none{nullptr, 0, 0};
    while (step(none, ZSTD_e_end) != 0) {
    }
  }

 private:
  std::size_t step(ZSTD_inBuffer& input, ZSTD_EndDirective what) {
    ZSTD_outBuffer output{out_.data(), out_.size(), 0};
    const std::size_t left = ZSTD_compressStream2(stream_.get(), &output, &input, what);
    if (ZSTD_isError(left) != 0) throw Error(ErrorKind::internal, std::string("zstd: ") + ZSTD_getErrorName(left));
    if (output.pos > 0) sink_(bytes_of(out_.data(), output.pos));
    return left;
  }

  struct Free {
    void operator()(ZSTD_CCtx* stream) const noexcept { ZSTD_freeCCtx(stream); }
  };
  Sink sink_;
  std::unique_ptr<ZSTD_CCtx, Free> stream_;
  std::vector<std::byte> out_ = std::vector<std::byte>(kOutputBytes);
};

class Bzip2Compressor final : public Compressor {
 public:
  explicit Bzip2Compressor(Sink sink) : sink_(std::move(sink)) {
    constexpr int kLargestBlocks = 9;
    if (BZ2_bzCompressInit(&stream_, kLargestBlocks, 0, 0) != BZ_OK) throw std::bad_alloc();
  }
  ~Bzip2Compressor() override { BZ2_bzCompressEnd(&stream_); }
  Bzip2Compressor(const Bzip2Compressor&) = delete;
  Bzip2Compressor& operator=(const Bzip2Compressor&) = delete;

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), std::numeric_limits<std::int32_t>::max()));
      // bzip2 takes a pointer to mutable bytes and only reads them.
      stream_.next_in = const_cast<char*>(reinterpret_cast<const char*>(piece.data()));
      stream_.avail_in = static_cast<unsigned>(piece.size());
      while (stream_.avail_in > 0) step(BZ_RUN);
      bytes = bytes.subspan(piece.size());
    }
  }

  void finish() override {
    while (step(BZ_FINISH) != BZ_STREAM_END) {
    }
  }

 private:
  int step(int what) {
    stream_.next_out = out_.data();
    stream_.avail_out = static_cast<unsigned>(out_.size());
    const int outcome = BZ2_bzCompress(&stream_, what);
    if (outcome < 0) throw Error(ErrorKind::internal, "bzip2: the data can't be compressed");
    sink_(bytes_of(out_.data(), out_.size() - stream_.avail_out));
    return outcome;
  }

  Sink sink_;
  bz_stream stream_{};
  std::vector<char> out_ = std::vector<char>(kOutputBytes);
};

}  // namespace

std::unique_ptr<Compressor> compressor(Compression codec, Compressor::Sink sink, CompressionSpeed speed) {
  switch (codec) {
    case Compression::none:
      break;
    case Compression::gzip:
      return std::make_unique<GzipCompressor>(std::move(sink));
    case Compression::zstd:
      return std::make_unique<ZstdCompressor>(std::move(sink), speed);
    case Compression::bzip2:
      return std::make_unique<Bzip2Compressor>(std::move(sink));
  }
  return std::make_unique<Passing>(std::move(sink));
}

}  // namespace penstock
