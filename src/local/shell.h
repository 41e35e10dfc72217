// Settings as lines that a shell can be told to obey: eval "$(penstock local env)".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::local {

// The word that any POSIX shell reads as exactly this text.
std::string shell_quoted(std::string_view text);

struct Setting {
  std::string name;
  std::optional<std::string> value;  // nullopt: it must not be set
};

// export NAME=value, or unset NAME, a line each.
std::string shell_lines(const std::vector<Setting>& settings);

}  // namespace penstock::local
