// Every command of the program; each in the file of its name.
#pragma once

#include "cli/command.h"

namespace penstock::cli {

void add_load(Program& program);
void add_upsert(Program& program);
void add_move(Program& program);
void add_discover(Program& program);
void add_drop(Program& program);
void add_reconcile(Program& program);
void add_history(Program& program);
void add_sweep(Program& program);
void add_local(Program& program);

}  // namespace penstock::cli
