// Avro as COPY reads it: each record of the file becomes a JSON document, and what JSON's rules say holds for it:
// names, paths, NULL, nested values as their JSON text. A union is the value that is there; an enum its symbol; bytes
// are a string of the characters U+0000 to U+00FF; a logical type is what it is written as.
//
// In load errors the line is the record's number. What is wrong with a file as a whole is one row of stl_load_errors,
// and ends the file: no Avro, cut off, a block that its codec (null, deflate, snappy) can't read, a file without
// records.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "endpoint/copy/json_paths.h"
#include "endpoint/copy/record_format.h"

namespace penstock::endpoint {

std::unique_ptr<RecordFormat> avro_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                          std::vector<JsonPath> paths, ChunkSizes sizes = {});

}  // namespace penstock::endpoint
