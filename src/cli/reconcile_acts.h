// penstock reconcile copy | delete, of the group `reconcile`.
#pragma once

#include "cli/command.h"

namespace penstock::cli {

void add_reconcile_copy(Program& program, Command group);
void add_reconcile_delete(Program& program, Command group);

}  // namespace penstock::cli
