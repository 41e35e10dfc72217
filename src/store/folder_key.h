// How a key is a path: as it stands, wherever a file name can hold it.
//
// What can't stand as it is:
//     control characters, and a % that could be read as one of these     %XX
//     the components "." and ".."                                        %2E  %2E%2E
//     an empty component (of //, a leading or a trailing /)              %_
//     a component longer than a file name may be                         pieces, all but the last with %+ at their end
//     an object beside a folder of its name (k beside k/b)               its name and % at the end
// So every key has a path, no two keys share one, and no path leads out. A name that no key gives is no object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock {

// The names of the folders on the way and, last, of the file. The key is valid (check_key).
std::vector<std::string> folder_path(std::string_view key);
// The file's name where a folder has taken the one above.
std::string beside_folder(std::string_view file_name);

// One component of a key: the names that make it up, one below the other.
std::vector<std::string> component_names(std::string_view component);
// What a name in a folder stands for.
struct FolderName {
  enum class Kind {
    whole,      // a component, or its last piece
    beside,     // the same, of an object beside a folder; only files are
    continued,  // a piece with more below; only folders are
  };
  Kind kind = Kind::whole;
  std::string_view text;  // still encoded, without the mark
};
FolderName read_folder_name(std::string_view name) noexcept;
std::string decode_component(std::string_view text);

}  // namespace penstock
