#include "endpoint/copy/transcoded.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/copy/utf8_check.h"

namespace penstock::endpoint {
namespace {

enum class ByteOrderMark { none, little, big };

ByteOrderMark mark_of(std::string_view begin) noexcept {
  if (begin.starts_with("\xff\xfe")) return ByteOrderMark::little;
  if (begin.starts_with("\xfe\xff")) return ByteOrderMark::big;
  return ByteOrderMark::none;
}

// The object's first bytes, looked at before anybody reads them.
class Begin {
 public:
  explicit Begin(ObjectReader& in) {
    while (size_ < bytes_.size()) {
      const std::size_t n = in.read(std::span(bytes_).subspan(size_));
      if (n == 0) break;
      size_ += n;
    }
  }
  [[nodiscard]] std::string_view view() const noexcept {
    return std::string_view(reinterpret_cast<const char*>(bytes_.data()), size_).substr(used_);
  }
  void drop(std::size_t n) noexcept { used_ += n; }
  std::size_t take(std::span<std::byte> buffer) noexcept {
    const std::size_t n = std::min(buffer.size(), size_ - used_);
    std::memcpy(buffer.data(), bytes_.data() + used_, n);
    used_ += n;
    return n;
  }

 private:
  std::array<std::byte, 2> bytes_{};
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

class CheckedUtf8 final : public ObjectReader {
 public:
  explicit CheckedUtf8(std::unique_ptr<ObjectReader> in) : in_(std::move(in)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (begun_) return in_->read(buffer);
    if (!begin_) {
      begin_.emplace(*in_);
      if (mark_of(begin_->view()) != ByteOrderMark::none) throw WrongEncoding();
    }
    const std::size_t n = begin_->take(buffer);
    begun_ = begin_->view().empty();
    return n > 0 ? n : in_->read(buffer);
  }

 private:
  std::unique_ptr<ObjectReader> in_;
  std::optional<Begin> begin_;
  bool begun_ = false;
};

class Transcoder final : public ObjectReader {
 public:
  Transcoder(std::unique_ptr<ObjectReader> in, CopyEncoding encoding) : in_(std::move(in)), encoding_(encoding) {}

  std::size_t read(std::span<std::byte> buffer) override {
    while (used_ == text_.size() && !at_end_) refill();
    const std::size_t n = std::min(buffer.size(), text_.size() - used_);
    std::memcpy(buffer.data(), text_.data() + used_, n);
    used_ += n;
    return n;
  }

 private:
  void refill() {
    text_.clear();
    used_ = 0;
    if (!begun_) begin();
    const std::size_t n = in_->read(std::as_writable_bytes(std::span(bytes_)).subspan(kept_));
    at_end_ = n == 0;
    const std::string_view bytes(bytes_.data(), kept_ + n);
    kept_ = 0;
    if (encoding_ == CopyEncoding::iso88591) {
      for (const char c : bytes) append_utf8(text_, static_cast<unsigned char>(c));
    } else {
      append_utf16(bytes);
    }
  }

  void begin() {
    begun_ = true;
    Begin begin(*in_);
    if (encoding_ != CopyEncoding::iso88591 && !begin.view().empty()) {
      const ByteOrderMark mark = mark_of(begin.view());
      const ByteOrderMark own = encoding_ == CopyEncoding::utf16le ? ByteOrderMark::little : ByteOrderMark::big;
      const bool any = encoding_ == CopyEncoding::utf16;
      if (any ? mark == ByteOrderMark::none : mark != ByteOrderMark::none && mark != own) throw WrongEncoding();
      little_ = any ? mark == ByteOrderMark::little : own == ByteOrderMark::little;
      if (mark != ByteOrderMark::none) begin.drop(2);
    }
    kept_ = begin.take(std::as_writable_bytes(std::span(bytes_)));
  }

  void append_utf16(std::string_view bytes) {
    const auto unit = [&](std::size_t at) {
      const auto first = static_cast<unsigned char>(bytes[at]), second = static_cast<unsigned char>(bytes[at + 1]);
      return static_cast<std::uint32_t>(little_ ? second << 8 | first : first << 8 | second);
    };
    std::size_t at = 0;
    while (at + 1 < bytes.size()) {
      std::uint32_t code_point = unit(at);
      if ((code_point & 0xfc00) == 0xd800) {
        if (at + 3 >= bytes.size() && !at_end_) break;  // its other half is still to come
        const std::uint32_t low = at + 3 < bytes.size() ? unit(at + 2) : 0;
        if ((low & 0xfc00) == 0xdc00) {
          code_point = 0x10000 + ((code_point & 0x3ff) << 10) + (low & 0x3ff);
          at += 2;
        }
      }
      append_utf8(text_, code_point);
      at += 2;
    }
    const std::string_view rest = bytes.substr(at);
    if (at_end_) {
      if (!rest.empty()) text_ += '\xff';  // half a character, which no UTF-8 is
      return;
    }
    kept_ = rest.size();
    std::memmove(bytes_.data(), rest.data(), rest.size());
  }

  std::unique_ptr<ObjectReader> in_;
  CopyEncoding encoding_;
  std::vector<char> bytes_ = std::vector<char>(64 << 10);
  std::size_t kept_ = 0;  // at the beginning of bytes_: not a whole character yet
  std::string text_;
  std::size_t used_ = 0;  // of text_
  bool little_ = false;
  bool begun_ = false;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<ObjectReader> transcoded(std::unique_ptr<ObjectReader> bytes, CopyEncoding encoding) {
  if (encoding == CopyEncoding::utf8) return std::make_unique<CheckedUtf8>(std::move(bytes));
  return std::make_unique<Transcoder>(std::move(bytes), encoding);
}

}  // namespace penstock::endpoint
