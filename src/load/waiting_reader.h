// A local file, pipe or terminal, read as it comes: a wait for more bytes, of a pipe that nobody writes to, ends when a
// stop is requested.
//
// Threads: one. Errors: Error: cancelled, and those of the file system, with its words.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "penstock/object_reader.h"
#include "store/file.h"

namespace penstock {

// name: for messages.
std::unique_ptr<ObjectReader> waiting_reader(Fd fd, const std::string& name, const std::stop_token& stop);

// As stored. Stdin's descriptor is duplicated: whoever reads it closes it.
std::unique_ptr<ObjectReader> open_path(const std::string& path, const std::stop_token& stop);
std::unique_ptr<ObjectReader> open_stdin(const std::stop_token& stop);

}  // namespace penstock
