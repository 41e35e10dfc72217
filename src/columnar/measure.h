// What the columns of a source of batches are, and what a look at its values adds to that: how long texts are, how many
// values are NULL.
//
// Threads: one. Memory: a batch. Errors: refused: a column that nothing holds, all of them named, or a text that is
// none, with its row; cancelled; the reader's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "columnar/batches.h"
#include "staging/input.h"
#include "table/type.h"

namespace penstock::columnar {

struct MeasuredColumn {
  std::string name{};
  std::string file_type{};                 // in Arrow's words
  table::Type type{};                      // of text as wide as can be
  std::optional<std::uint64_t> longest{};  // bytes of text
  std::uint64_t nulls = 0;
  std::string field{};  // field_json.h
};

struct Measured {
  std::vector<MeasuredColumn> columns{};
  std::uint64_t rows = 0;  // looked at
  bool is_whole = true;    // all there are
  std::uint64_t bytes_read = 0;
};

// sample: rows that are enough, or a batch's more; 0: all.
Measured measure(BatchReader& rows, const std::string& name, std::uint64_t sample, const std::stop_token& stop,
                 const std::function<void(const staging::Progress&)>& on_progress = {});

}  // namespace penstock::columnar
