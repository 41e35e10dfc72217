// Passwords that were typed in URIs, out of where `ps` looks.
#pragma once

#include <span>

namespace penstock::cli {

// Writes x over each password of redshift://user:password@… and postgresql://user:password@… in the arguments of
// main(), which the kernel shows to all. Whoever still needs them has copied them before. Errors: none.
void hide_passwords(std::span<char*> arguments) noexcept;

}  // namespace penstock::cli
