// What the tests, fuzzers and benchmarks of COPY share: a sink that reads PostgreSQL's binary COPY back into text by
// itself, tables from their column definitions, and bytes that are written as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/load_column.h"
#include "endpoint/copy/record_format.h"
#include "endpoint/copy/text_chunks.h"

namespace penstock::endpoint::testing {

// "id int4 not null, name varchar(20) default, n numeric(8,2), k int8 identity"
TargetTable table_of(std::string_view columns);
// COPY t FROM 's3://bucket/k' IAM_ROLE default …
CopyStatement statement_of(std::string_view options);

// <0A> is the byte 0x0a; everything else stands for itself.
std::string bytes_of(std::string_view text);
std::string text_of(std::string_view bytes);  // control characters and what is no UTF-8 as <0A>

// Keeps the rows as text: "1|abc|NULL".
class DecodingSink final : public CopySink {
 public:
  explicit DecodingSink(const TargetTable& table) : table_(table) {}
  void begin(const std::vector<std::string>& columns) override;
  void write(std::span<const std::byte> binary_copy) override;
  void finish() override;  // throws std::runtime_error where PostgreSQL would not understand

  std::vector<std::string> columns;
  std::vector<std::string> rows;
  int begun = 0;
  int finished = 0;

 private:
  const TargetTable& table_;
  std::string bytes_;
};

// Binary rows, without header and trailer, as text.
std::vector<std::string> decode_rows(std::string_view bytes, const std::vector<TargetColumn>& columns);

// A reader over a string, `step` bytes at most at a time.
std::unique_ptr<ObjectReader> read_string(std::string bytes, std::size_t step = 1 << 20);

// One object through a format, on this thread, in chunks of the given sizes.
struct Loaded {
  std::vector<std::string> rows;
  std::vector<CopyError> errors;  // with their lines in the object
  std::uint64_t lines = 0;
};
Loaded load_object(const CopyStatement& statement, const TargetTable& table, std::string_view bytes, ChunkSizes sizes);
std::string describe(const CopyError& error);

}  // namespace penstock::endpoint::testing
