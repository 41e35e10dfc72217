#include "columnar/measure.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "columnar/field_json.h"
#include "columnar/fields.h"
#include "columnar/types.h"
#include "columnar/value_text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

std::vector<MeasuredColumn> columns_in(const arrow::Schema& schema, const std::string& name) {
  std::vector<MeasuredColumn> columns;
  std::vector<std::string> problems;
  for (const auto& field : schema.fields()) {
    try {
      columns.push_back({.name = field->name(),
                         .file_type = field->type()->ToString(),
                         .type = table_type_of(*field),
                         .field = field_json(*field)});
      if (kind_of(*field->type()) == Kind::text) columns.back().longest = 0;
    } catch (const Error& e) {
      problems.push_back(fmt::format("{}: {}", printable(name), e.what()));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n  ")));
  return columns;
}

void measure_texts(const arrow::Array& array, MeasuredColumn& column, const std::string& name, std::uint64_t before) {
  const auto texts = value_text(array, std::nullopt);
  for (std::int64_t row = 0; row < array.length(); ++row) {
    if (texts->is_null(row)) continue;
    try {
      column.longest = std::max<std::uint64_t>(*column.longest, texts->text(row).size());
    } catch (const BadValue& e) {
      throw Error(ErrorKind::refused,
                  fmt::format("{} row {}, column {}: {}", printable(name), before + static_cast<std::uint64_t>(row) + 1,
                              printable(column.name), e.what()));
    }
  }
}

}  // namespace

Measured measure(BatchReader& rows, const std::string& name, std::uint64_t sample, const std::stop_token& stop,
                 const std::function<void(const staging::Progress&)>& on_progress) {
  Measured measured{.columns = columns_in(*rows.schema(), name)};
  while (const auto batch = rows.next()) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "looking at the values was stopped");
    for (std::size_t i = 0; i < measured.columns.size(); ++i) {
      const arrow::Array& array = *batch->column(static_cast<int>(i));
      measured.columns[i].nulls += static_cast<std::uint64_t>(array.null_count());
      if (measured.columns[i].longest) measure_texts(array, measured.columns[i], name, measured.rows);
    }
    measured.rows += static_cast<std::uint64_t>(batch->num_rows());
    measured.bytes_read = rows.bytes_read();
    if (on_progress) on_progress({.bytes = measured.bytes_read, .records = measured.rows});
    if (sample == 0 || measured.rows < sample) continue;
    measured.is_whole = false;
    break;
  }
  return measured;
}

}  // namespace penstock::columnar
