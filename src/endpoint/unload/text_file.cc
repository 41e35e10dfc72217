#include <string>
#include <utility>

#include "codec/compress.h"
#include "endpoint/unload/output_file.h"

namespace penstock::endpoint {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;  // of text that is compressed or written at once
constexpr std::uint64_t kHeldBack = 1 << 20;    // what a compressor may have taken in and not given out

Compression compression(UnloadCodec codec) noexcept {
  switch (codec) {
    case UnloadCodec::gzip:
      return Compression::gzip;
    case UnloadCodec::zstd:
      return Compression::zstd;
    case UnloadCodec::bzip2:
      return Compression::bzip2;
    case UnloadCodec::none:
      break;
  }
  return Compression::none;
}

class TextFile final : public OutputFile {
 public:
  TextFile(const RowFormat& format, UnloadCodec codec, std::uint64_t max_size, std::unique_ptr<ObjectWriter> writer)
      : format_(format),
        max_size_(codec == UnloadCodec::none ? max_size : max_size - kHeldBack),
        writer_(std::move(writer)),
        compressor_(compressor(compression(codec), [this](std::span<const std::byte> bytes) {
          writer_->write(bytes);
          written_ += bytes.size();
        })) {
    format_.append_header(text_);
  }

  bool add(std::span<const ResultField> fields) override {
    const std::size_t before = text_.size();
    format_.append_row(text_, fields);
    if (has_rows_ && written_ + text_.size() > max_size_) {
      text_.resize(before);
      return false;
    }
    has_rows_ = true;
    if (text_.size() >= kPieceBytes) pass_on();
    return true;
  }

  std::uint64_t commit() override {
    pass_on();
    compressor_->finish();
    writer_->commit();
    return written_;
  }

 private:
  void pass_on() {
    compressor_->write(std::as_bytes(std::span(text_)));
    text_.clear();
  }

  const RowFormat& format_;
  const std::uint64_t max_size_;
  std::unique_ptr<ObjectWriter> writer_;
  std::unique_ptr<Compressor> compressor_;
  std::string text_;
  std::uint64_t written_ = 0;
  bool has_rows_ = false;
};

}  // namespace

std::unique_ptr<OutputFile> text_file(const RowFormat& format, UnloadCodec codec, std::uint64_t max_size,
                                      std::unique_ptr<ObjectWriter> writer) {
  return std::make_unique<TextFile>(format, codec, max_size, std::move(writer));
}

}  // namespace penstock::endpoint
