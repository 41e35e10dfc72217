// What a write into a table is called: in the ledger, in the labels of its queries, in history.
#pragma once

#include <string_view>

#include "penstock/upsert.h"

namespace penstock {

inline constexpr std::string_view kLoadKind = "load";  // of penstock load

std::string_view kind_of(WriteMode mode) noexcept;    // upsert, append, replace
bool is_upsert_kind(std::string_view text) noexcept;  // one of these

}  // namespace penstock
