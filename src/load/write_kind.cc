#include "load/write_kind.h"

#include <algorithm>
#include <array>

namespace penstock {

std::string_view kind_of(WriteMode mode) noexcept {
  switch (mode) {
    case WriteMode::append:
      return "append";
    case WriteMode::replace:
      return "replace";
    case WriteMode::upsert:
      break;
  }
  return "upsert";
}

bool is_upsert_kind(std::string_view text) noexcept {
  constexpr std::array kModes{WriteMode::upsert, WriteMode::append, WriteMode::replace};
  return std::ranges::find(kModes, text, kind_of) != kModes.end();
}

}  // namespace penstock
