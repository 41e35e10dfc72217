// What the ledger compares: SHA-256 of what a file, or a key, is.
//
// Text is never compared there: trailing blanks don't count in Redshift, and a database may ignore case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/store.h"

namespace penstock {

std::string sha256_hex(std::string_view bytes);  // 64 characters

// One version of one object: its bucket, key, ETag and size.
std::string file_id_of(std::string_view bucket, const ObjectInfo& object);
// The key, whatever its bytes are.
std::string key_id_of(std::string_view bucket, std::string_view key);

}  // namespace penstock
