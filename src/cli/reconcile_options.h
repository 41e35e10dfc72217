// What all commands of `penstock reconcile` are told: whose keys, which loads.
//
// Threads: one. Errors: none of its own; what can't be understood is a problem.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/problems.h"
#include "penstock/reconcile.h"

namespace penstock::cli {

// As typed.
struct TypedReconcile {
  std::string source;
  std::string from;
  std::string to;
  std::string table;
  std::string inventory;
  std::string where;
};

void add_reconcile_options(Command app, TypedReconcile& typed);
ReconcileOptions understand(const TypedReconcile& typed, Problems& problems);

// 2014-10-20 is its midnight in UTC; else RFC 3339. nullopt: nothing was given, or it is a problem.
std::optional<Microseconds> read_moment(std::string_view option, const std::string& text, Problems& problems);

// "from 2014-10-20T00:00:00Z to 2014-10-21T00:00:00Z, into web.views": which loads count; "" for all.
std::string loads_in_words(const ReconcileOptions& options);

}  // namespace penstock::cli
