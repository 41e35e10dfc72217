// What a message calls by an option's name on the command line, by the name that it has in Python.
#pragma once

#include <string>
#include <string_view>

#include "casters.h"
#include "penstock/error.h"

namespace penstock::python {

// "--lock-timeout is less than a second" → "lock_timeout is less than a second". What is no option of ours stays.
std::string in_keywords(std::string_view message);

// An instance of the kind's class.
nb::object as_exception(const Error& error);

}  // namespace penstock::python
