#include "cli/hidden_passwords.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace penstock::cli {

void hide_passwords(std::span<char*> arguments) noexcept {
  for (char* const argument : arguments) {
    const std::string_view text(argument);
    for (const std::string_view scheme : {"redshift://", "postgresql://", "postgres://"}) {
      const auto begin = text.find(scheme);  // --into=redshift://… has one, too
      if (begin == std::string_view::npos) continue;
      const auto colon = text.find(':', begin + scheme.size());
      // The last: a password may have an @ that should have been %40. Too much is hidden rather than too little.
      const auto at = text.rfind('@');
      if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) continue;
      std::fill(argument + colon + 1, argument + at, 'x');
    }
  }
}

}  // namespace penstock::cli
