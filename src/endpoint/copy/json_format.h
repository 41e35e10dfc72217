// JSON as COPY reads it: objects and arrays one after the other, with white space or nothing between them.
//
// A number is the text it is written as. A nested object or array is its text, as written. What stands between
// documents and is no white space is an error of its own, a run of it one; a document whose inside is broken ends where
// its brackets do. A SUPER takes any value as it is: a string with its quotes; 'noshred', the whole document.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "endpoint/copy/json_paths.h"
#include "endpoint/copy/record_format.h"
#include "endpoint/copy/text_chunks.h"

namespace penstock::endpoint {

// paths: one a column, or none: members by the columns' names. Throws SqlError for 'noshred' into anything but one
// SUPER.
std::unique_ptr<RecordFormat> json_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                          std::vector<JsonPath> paths, ChunkSizes sizes = {});

}  // namespace penstock::endpoint
