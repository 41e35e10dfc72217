// The kind of an error as programs read it: in JSON, and in Python.
//
// Threads: any. Errors: none.
#pragma once

#include "penstock/error.h"

namespace penstock {

const char* name_of(ErrorKind kind) noexcept;  // "not_found"

}  // namespace penstock
