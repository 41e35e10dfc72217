#include "penstock/environment.h"

#include <cstdlib>

namespace penstock {

std::optional<std::string> process_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets any
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace penstock
