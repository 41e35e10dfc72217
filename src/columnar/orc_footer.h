// What an ORC file's footer says that Arrow's reader does not ask: what it would end the process over, or read as
// something else.
//
// Threads: any. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::columnar {

// file_tail: the serialised orc.proto FileTail. Why the file can't be read; nullopt: it can. Decimals of more than 38
// digits; timestamps before 1677-09-21 or after 2262-04-11, which 64 bits of nanoseconds don't hold.
std::optional<std::string> unreadable_in_orc(std::string_view file_tail);

// The first of the top level's columns whose values COPY may take for others, or not at all, counted from 0; nullopt:
// there is none. Booleans, int, bigint, floats, decimals and strings it takes for what they are; of days and times
// calendars and zones differ between readers.
std::optional<int> other_by_copy_in_orc(std::string_view file_tail);

}  // namespace penstock::columnar
