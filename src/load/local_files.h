// The local files that a glob or a folder names, in the order of their names.
//
//     data/*.csv       * ? [a-z] as in a shell: no * reaches over a /, or takes a dot at a name's beginning
//     data/**/*.csv    ** is any number of folders, none among them
//
// Threads: any. Errors: not_found, denied: a folder can't be read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock {

[[nodiscard]] bool is_glob(std::string_view path) noexcept;
// The folder that all that it may name lies in, as it is spelled: "data/" of both above; "" for the present one.
[[nodiscard]] std::string_view folder_of_glob(std::string_view pattern) noexcept;
// Files and what else is no folder; none: nothing is like it.
std::vector<std::string> files_like(const std::string& pattern);
// All of them, in its folders, too, but where a name begins with _ or . (somebody's unfinished work). Links to folders
// are not followed.
std::vector<std::string> files_below(const std::string& folder);
// Whether a name below a folder or prefix is such a one: it, or a folder in it, begins with _ or a dot.
[[nodiscard]] bool is_hidden(std::string_view below) noexcept;

}  // namespace penstock
