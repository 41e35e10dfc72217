#include "codec/decompress.h"

#include "base/text.h"
#include "codec/codecs.h"

namespace penstock {

std::unique_ptr<ObjectReader> decompressed(std::unique_ptr<ObjectReader> in, Codec codec, std::string name) {
  switch (codec) {
    case Codec::none:
      return in;
    case Codec::gzip:
      return read_gzip(std::move(in), std::move(name));
    case Codec::zstd:
      return read_zstd(std::move(in), std::move(name));
    case Codec::bzip2:
      return read_bzip2(std::move(in), std::move(name));
    case Codec::lzop:
      return read_lzop(std::move(in), std::move(name));
  }
  return in;
}

Codec codec_of(std::string_view key) noexcept {
  const auto ends_with = [&](std::string_view ending) {
    return key.size() > ending.size() && equal_ignoring_case(key.substr(key.size() - ending.size()), ending);
  };
  if (ends_with(".gz")) return Codec::gzip;
  if (ends_with(".zst") || ends_with(".zstd")) return Codec::zstd;
  if (ends_with(".bz2")) return Codec::bzip2;
  if (ends_with(".lzo")) return Codec::lzop;
  return Codec::none;
}

}  // namespace penstock
