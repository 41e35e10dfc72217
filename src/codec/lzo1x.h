// One block of LZO1X, decompressed: what lzop's methods all write, whatever effort went into the writing.
//
// By hand, because the library that has it is GPL and this program is not.
#pragma once

#include <cstddef>
#include <span>

namespace penstock {

// True: the block was whole, and gave exactly the bytes that `out` has room for. Any input is safe.
bool decompress_lzo1x(std::span<const std::byte> in, std::span<std::byte> out) noexcept;

}  // namespace penstock
