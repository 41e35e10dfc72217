// What the tests, fuzzers and benchmarks of COPY share: statements from their options, and one object through a format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/record_format.h"
#include "endpoint/copy/testing/binary_copy.h"

namespace penstock::endpoint::testing {

// COPY t FROM 's3://bucket/k' IAM_ROLE default …
CopyStatement statement_of(std::string_view options);
// <0A> is the byte 0x0a; everything else stands for itself.
std::string bytes_of(std::string_view text);

// One object through a format, on this thread, in chunks of the given sizes.
struct Loaded {
  std::vector<std::string> rows;
  std::vector<CopyError> errors;  // with their lines in the object
  std::uint64_t lines = 0;
};
Loaded load_object(const CopyStatement& statement, const TargetTable& table, std::string_view bytes, ChunkSizes sizes);
// The same without looking at the rows: how many were loaded.
std::uint64_t parse_object(const CopyStatement& statement, const TargetTable& table, std::string_view bytes);
std::string describe(const CopyError& error);

// The bytes come to rows that can be read, or to an error of the file: nothing else. For fuzzers of what chunks can't
// cut.
void expect_rows_or_an_error(std::string_view options, std::string_view table, std::string_view bytes);
// Aborts unless the bytes, into a table of every type, come to the same in small chunks as in one. For fuzzers.
void expect_same_in_any_chunks(std::string_view options, std::string_view bytes);

}  // namespace penstock::endpoint::testing
