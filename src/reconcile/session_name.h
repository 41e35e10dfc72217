// What the cluster knows our sessions by: their application, and the label of their queries.
//
// Threads: any. Errors: none.
#pragma once

#include <string_view>

namespace penstock::reconcile {

// A COPY with this label loads a temporary table of keys.
inline constexpr std::string_view kSessionName = "penstock reconcile";

}  // namespace penstock::reconcile
