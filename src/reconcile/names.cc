#include <algorithm>
#include <string>
#include <utility>

#include "penstock/reconcile.h"

namespace penstock {
namespace {

constexpr std::array<std::string_view, kKeySets> kNames{"committed_keys",
                                                        "keys_in_bucket",
                                                        "bucket_keys_to_be_committed",
                                                        "bucket_keys_already_committed",
                                                        "committed_outside_window",
                                                        "overwritten",
                                                        "rolled_back",
                                                        "failed",
                                                        "in_progress",
                                                        "gone",
                                                        "loaded_more_than_once",
                                                        "ambiguous"};

constexpr std::array<std::pair<std::string_view, KeySet>, 5> kShortNames{
    {{"committed", KeySet::committed},
     {"bucket", KeySet::in_bucket},
     {"pending", KeySet::pending},
     {"already_committed", KeySet::already_committed},
     {"outside", KeySet::committed_outside}}};

}  // namespace

std::string_view name_of(KeySet set) noexcept { return kNames.at(static_cast<std::size_t>(set)); }

std::optional<KeySet> key_set(std::string_view name) {
  std::string wanted(name);
  std::ranges::replace(wanted, '-', '_');
  for (std::size_t i = 0; i < kKeySets; ++i) {
    if (kNames.at(i) == wanted) return static_cast<KeySet>(i);
  }
  for (const auto& [shorter, set] : kShortNames) {
    if (shorter == wanted) return set;
  }
  return std::nullopt;
}

}  // namespace penstock
