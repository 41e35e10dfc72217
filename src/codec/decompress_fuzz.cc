// Compressed objects of any bytes: no crash, and the same bytes or the same refusal whatever the sizes of the buffers.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "codec/decompress.h"
#include "penstock/error.h"

namespace {

using penstock::Codec;

class Bytes final : public penstock::ObjectReader {
 public:
  Bytes(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t n = std::min({buffer.size(), step_, bytes_.size()});
    std::memcpy(buffer.data(), bytes_.data(), n);
    bytes_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view bytes_;
  std::size_t step_;
};

std::string outcome(std::string_view bytes, Codec codec, std::size_t step, std::size_t room) {
  constexpr std::size_t kEnough = 4 << 20;  // of a small input that grows without end
  std::string out;
  try {
    const auto reader = penstock::decompressed(std::make_unique<Bytes>(bytes, step), codec, "x");
    std::vector<std::byte> buffer(room);
    while (out.size() < kEnough) {
      const std::size_t n = reader->read(buffer);
      if (n == 0) return out + " whole";
      out.append(reinterpret_cast<const char*>(buffer.data()), n);
    }
    return "much";
  } catch (const penstock::Error& error) {
    return std::string("refused: ") + error.what();  // how much came before it depends on the buffers
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr Codec kCodecs[] = {Codec::gzip, Codec::zstd, Codec::bzip2, Codec::lzop};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Codec codec = kCodecs[data[0] % std::size(kCodecs)];
  const std::string whole = outcome(bytes, codec, 1 << 20, 1 << 16), cut = outcome(bytes, codec, 3, 1000);
  const auto refused = [](const std::string& text) { return text.starts_with("refused: "); };
  if (refused(whole) != refused(cut) && whole != "much" && cut != "much") std::abort();
  if (!refused(whole) && whole != cut) std::abort();
  return 0;
}
