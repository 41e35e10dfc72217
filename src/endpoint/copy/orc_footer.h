// What must hold of an ORC file's footer before Arrow's reader may see it: it ends the process over some that are
// broken.
//
// Threads: any. Errors: none.
#pragma once

#include <string_view>

namespace penstock::endpoint {

// file_tail: the serialised orc.proto FileTail. False: it has a decimal of more than 38 digits, or is no FileTail.
bool is_readable_footer(std::string_view file_tail) noexcept;

}  // namespace penstock::endpoint
