// penstock reconcile copy | delete, of the group `reconcile`.
#pragma once

#include "cli/command.h"

namespace penstock::cli {

void add_reconcile_copy(Program& program, CLI::App& group);
void add_reconcile_delete(Program& program, CLI::App& group);

}  // namespace penstock::cli
