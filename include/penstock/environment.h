// The environment variables that configuration is read from, as a value: a process's own, or a test's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

// The value of a variable; nullopt where it is unset or empty.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// This process's environment.
std::optional<std::string> process_environment(std::string_view name);

}  // namespace penstock
