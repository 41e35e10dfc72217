// The folder store: what its tests set beyond open_folder().
//
//     <root>/<bucket>/<key as a path>              an object: an ordinary file (names: store/folder_key.h)
//     <root>/.penstock/<bucket>/lock               held for the instant in which names change, and names only
//     <root>/.penstock/<bucket>/uploads/<id>.data  what a writer has written so far; <id>.key is the key it is for
//     <root>/.penstock/<bucket>/attributes/        ETags and metadata where the file system has no xattrs
//
// Files put there by hand are objects. Processes may share a root. What is written outlives the process, not the
// machine: nothing is synced to the disk.
#pragma once

#include <memory>
#include <string>

#include "penstock/store.h"

namespace penstock {

std::unique_ptr<Buckets> open_folder(const std::string& root, bool use_xattrs);

}  // namespace penstock
