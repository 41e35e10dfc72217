// Rows that a program makes itself, as a file: CSV, JSON lines, Parquet, ORC.
//
// Threads:  one at a time.
// Lifetime: the texts of a row live as long as add().
// Memory:   a batch of some thousand rows, and the writer's.
// Errors:   Error, of the writer; internal: a row of other columns than were named.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codec/compress.h"
#include "columnar/batches.h"
#include "store/byte_sink.h"

namespace penstock::columnar {

enum class RowFormat { csv, json, parquet, orc };
enum class ValueType { text, integer, boolean, timestamp };  // timestamp: in UTC
struct RowColumn {
  std::string name;
  ValueType type;
};
using RowTime = std::chrono::sys_time<std::chrono::microseconds>;
using RowValue = std::variant<std::monostate, std::string_view, std::int64_t, bool, RowTime>;  // monostate: NULL

class RowWriter {
 public:
  // compression: of CSV and JSON; the others have their own.
  RowWriter(std::vector<RowColumn> columns, RowFormat format, Compression compression, std::unique_ptr<ByteSink> sink);
  ~RowWriter();  // without commit(): nothing of it is left
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  void add(std::span<const RowValue> row);
  void commit();  // once

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::columnar
