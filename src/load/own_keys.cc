#include "load/own_keys.h"

#include <algorithm>

#include "load/attempt.h"

namespace penstock {
namespace {

constexpr std::size_t kTargetDigits = 16;

bool is_target(std::string_view name) {
  return name.size() == kTargetDigits && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::optional<OwnFolder> own_folder(std::string_view key) {
  const std::size_t first = key.find('/');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = key.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view kind = key.substr(0, first);
  const std::string_view id = key.substr(first + 1, second - first - 1);
  const std::string_view name = key.substr(second + 1);
  if (!is_id(id)) return std::nullopt;
  const bool staged = kind == "staged" && !name.empty();
  const bool manifest = is_target(kind) && name == "manifest.json";
  if (!staged && !manifest) return std::nullopt;
  return OwnFolder{key.substr(0, second + 1), id};
}

}  // namespace penstock
