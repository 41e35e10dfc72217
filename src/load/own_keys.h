// Whose keys are whose below the base path: the folder of one run, by the shape of its name alone.
#pragma once

#include <optional>
#include <string_view>

namespace penstock {

struct OwnFolder {
  std::string_view folder;  // of the key's beginning, ends in /
  std::string_view id;
};

// key: below the base path; what is found is a part of it. nullopt: not of penstock's making.
std::optional<OwnFolder> own_folder(std::string_view key);

}  // namespace penstock
