// The first record of a CSV object, which may be its header.
//
// Threads: any, each with its own reader. Errors: Error refused, with the name: a first record longer than 1 MiB or
// that ends inside quotes, and UTF-16; what the reader throws passes through.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/object_reader.h"

namespace penstock::format {

struct CsvRecord {
  std::vector<std::string> fields;  // as RFC 4180 reads them: without their quotes, of two one
  bool after_byte_order_mark = false;
};

// nullopt: the object holds no bytes. `name` is the object, for messages. Reads no further than it must, but in steps.
std::optional<CsvRecord> first_csv_record(ObjectReader& in, char delimiter, std::string_view name, char quote = '"');

}  // namespace penstock::format
