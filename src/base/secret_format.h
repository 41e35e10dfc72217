// Secrets in formatted text are ***.
#pragma once

#include <fmt/format.h>

#include "penstock/secret.h"

template <>
struct fmt::formatter<penstock::Secret> {
  static constexpr auto parse(format_parse_context& context) { return context.begin(); }
  static auto format(const penstock::Secret& secret, format_context& context) {
    return fmt::format_to(context.out(), "{}", secret.empty() ? "" : "***");
  }
};
