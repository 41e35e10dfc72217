// How UNLOAD names its objects.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "endpoint/sql/unload_statement.h"

namespace penstock::endpoint {

// The prefix, at which every key begins: as given, ended by a slash before partitions.
std::string key_prefix(const UnloadStatement& statement, std::string_view given);
// prefix0000_part_00.gz; serially prefix000.gz. folder: of the partition, "year=2019/"; else empty.
std::string part_key(const UnloadStatement& statement, std::string_view prefix, std::string_view folder, int slice,
                     int part);
std::string manifest_key(std::string_view prefix);

}  // namespace penstock::endpoint
