// Compressed objects, read as what they hold.
//
// Each codec takes whole files as its usual tools write them: gzip with several members, zstd with several frames,
// bzip2 with several streams, lzop with several files, one after the other. An object of no bytes holds nothing,
// whatever the codec.
//
// Threads: as the reader that was given. Memory: fixed, whatever the object claims (zstd windows up to 128 MiB, lzop
// blocks up to 64 MiB). Errors: Error refused, which names the object: cut off, not of this codec, damaged, or followed
// by something else; what the reader below throws passes through. After an error the reader is at its end for good.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "penstock/object_reader.h"

namespace penstock {

enum class Codec { none, gzip, zstd, bzip2, lzop };

// name: the object as error messages call it, s3://bucket/key.
std::unique_ptr<ObjectReader> decompressed(std::unique_ptr<ObjectReader> in, Codec codec, std::string name);

// By the end of the name: .gz, .zst, .zstd, .bz2, .lzo, in any case; else none.
Codec codec_of(std::string_view key) noexcept;

}  // namespace penstock
