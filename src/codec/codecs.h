// The codecs, one function each; decompressed() chooses.
#pragma once

#include <memory>
#include <string>

#include "penstock/object_reader.h"

namespace penstock {

std::unique_ptr<ObjectReader> read_gzip(std::unique_ptr<ObjectReader> in, std::string name);
std::unique_ptr<ObjectReader> read_zstd(std::unique_ptr<ObjectReader> in, std::string name);
std::unique_ptr<ObjectReader> read_bzip2(std::unique_ptr<ObjectReader> in, std::string name);
std::unique_ptr<ObjectReader> read_lzop(std::unique_ptr<ObjectReader> in, std::string name);

}  // namespace penstock
