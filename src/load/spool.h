// An input that can be read only once, kept in a file that has no name, so that it can be read again.
//
// The file is in TMPDIR, else in /tmp, and gone with the last who reads it, however this program ends.
//
// Threads: one. Errors: Error: what the input's reader throws; unavailable: the file can't be written; cancelled.
#pragma once

#include <stop_token>

#include "penstock/store.h"
#include "staging/pipeline.h"

namespace penstock {

// The whole input is read here.
staging::Input spooled(const staging::Input& input, const Environment& environment, const std::stop_token& stop);

}  // namespace penstock
