#include "columnar/parquet.h"

#include <arrow/array/array_base.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "columnar/csv_batch.h"
#include "columnar/parquet_rows.h"
#include "columnar/types.h"
#include "columnar/value_text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::int64_t kFooterMemory = 256 << 20;
constexpr std::size_t kMeasuredBytes = 1 << 20;  // at once

// Which of a file's columns are read, and where each of those that are wanted is in their batches.
struct Choice {
  std::vector<int> fields;  // ascending
  std::vector<int> index;
};

Choice choice_of(const arrow::Schema& schema, std::span<const std::string> names) {
  std::vector<int> wanted;
  for (const std::string& name : names) wanted.push_back(schema.GetFieldIndex(name));
  Choice choice{.fields = wanted, .index = {}};
  std::ranges::sort(choice.fields);
  for (const int field : wanted) {
    choice.index.push_back(static_cast<int>(std::ranges::find(choice.fields, field) - choice.fields.begin()));
  }
  return choice;
}

class ParquetRecords final : public staging::RecordBatches {
 public:
  ParquetRecords(const std::string& path, std::shared_ptr<arrow::MemoryPool> pool, std::span<const Wanted> wanted,
                 const staging::CsvShape& csv, std::size_t batch_bytes)
      : pool_(std::move(pool)), rows_(parquet_rows(path, *pool_, wanted.size())) {
    // it may be another than the one that was looked at
    if (const auto problems = misfits(path, *rows_->schema(), wanted); !problems.empty()) {
      throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
    }
    std::vector<std::string> names;
    for (const Wanted& column : wanted) names.push_back(column.name);
    const Choice choice = choice_of(*rows_->schema(), names);
    rows_->choose(choice.fields, batch_bytes);
    auto shape = std::make_shared<CsvBatchShape>();
    shape->input = path;
    shape->csv = csv;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      shape->columns.push_back({.index = choice.index[i], .name = wanted[i].name, .into = wanted[i].into});
    }
    shape_ = std::move(shape);
  }

  std::unique_ptr<staging::RecordBatch> next() override {
    auto rows = rows_->next();
    if (!rows) return nullptr;
    const auto first = std::exchange(next_row_, next_row_ + static_cast<std::uint64_t>(rows->num_rows()));
    return csv_batch(std::move(rows), first, shape_);
  }

  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return rows_->bytes_read(); }

 private:
  const std::shared_ptr<arrow::MemoryPool> pool_;
  const std::unique_ptr<FileRows> rows_;
  std::shared_ptr<const CsvBatchShape> shape_;
  std::uint64_t next_row_ = 1;
};

// The type of a table's column for those of this name in all files.
std::optional<table::Type> common_type(std::span<const ParquetFile> files, const std::string& name,
                                       std::vector<std::string>& problems) {
  std::optional<table::Type> common;
  const ParquetFile* from = nullptr;
  for (const ParquetFile& file : files) {
    const int field = file.schema->GetFieldIndex(name);
    if (field < 0) {
      problems.push_back(fmt::format("{} has no column {}, or several", printable(file.path), printable(name)));
      return std::nullopt;
    }
    const arrow::DataType& type = *file.schema->field(field)->type();
    const auto here = table_type_of(type);
    if (!here) {
      problems.push_back(fmt::format("{} column {}: nothing in Redshift holds {}", printable(file.path),
                                     printable(name), printable(type.ToString())));
      return std::nullopt;
    }
    const bool is_null = kind_of(type) == Kind::null;  // which goes with anything
    if (is_null && common) continue;
    const bool is_first = !common || kind_of(*from->schema->GetFieldByName(name)->type()) == Kind::null;
    const auto both = is_first ? here : wider(*common, *here);
    if (!both) {
      problems.push_back(fmt::format("column {} is {} in {} and {} in {}: no type of a table takes both",
                                     printable(name), to_string(*common), printable(from->path), to_string(*here),
                                     printable(file.path)));
      return std::nullopt;
    }
    common = both;
    if (is_first) from = &file;
  }
  return common;
}

// The longest texts of some columns, over several files.
class Measuring {
 public:
  Measuring(std::vector<std::string> names, std::size_t memory, const std::stop_token& stop,
            const std::function<void(const staging::Progress&)>& on_progress)
      : names_(std::move(names)),
        longest_(names_.size()),
        pool_(arrow::default_memory_pool(), static_cast<std::int64_t>(memory)),
        stop_(stop),
        on_progress_(on_progress) {}

  void read(const std::string& path) {
    const auto rows = parquet_rows(path, pool_, names_.size());
    const Choice choice = choice_of(*rows->schema(), names_);
    rows->choose(choice.fields, kMeasuredBytes);
    const staging::Progress before = progress_;
    std::int64_t first = 1;
    while (const auto batch = rows->next()) {
      if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "reading was stopped");
      for (std::size_t i = 0; i < names_.size(); ++i) {
        measure(path, i, *batch->column(choice.index[i]), first);
      }
      first += batch->num_rows();
      progress_ = {.bytes = before.bytes + rows->bytes_read(),
                   .records = before.records + static_cast<std::uint64_t>(first - 1)};
      if (on_progress_) on_progress_(progress_);
    }
  }

  [[nodiscard]] std::uint64_t longest(std::size_t i) const { return longest_[i]; }

 private:
  void measure(const std::string& path, std::size_t i, const arrow::Array& array, std::int64_t first) {
    const auto texts = value_text(array, std::nullopt);
    for (std::int64_t row = 0; row < array.length(); ++row) {
      if (texts->is_null(row)) continue;
      try {
        longest_[i] = std::max<std::uint64_t>(longest_[i], texts->text(row).size());
      } catch (const BadValue& e) {
        throw Error(ErrorKind::refused, fmt::format("{} row {}, column {}: {}", printable(path), first + row,
                                                    printable(names_[i]), e.what()));
      }
    }
  }

  const std::vector<std::string> names_;
  std::vector<std::uint64_t> longest_;
  arrow::CappedMemoryPool pool_;
  const std::stop_token& stop_;
  const std::function<void(const staging::Progress&)>& on_progress_;
  staging::Progress progress_;
};

}  // namespace

ParquetFile look_at_parquet(const std::string& path) {
  arrow::CappedMemoryPool pool(arrow::default_memory_pool(), kFooterMemory);
  const auto file = parquet_rows(path, pool, 1);
  ParquetFile found{.path = path,
                    .columns = {},
                    .records = static_cast<std::uint64_t>(std::max<std::int64_t>(0, file->rows())),
                    .schema = file->schema()};
  for (const auto& field : file->schema()->fields()) {
    found.columns.push_back(
        {.name = field->name(), .type = field->type()->ToString(), .table_type = table_type_of(*field->type())});
  }
  return found;
}

std::vector<std::string> misfits(const ParquetFile& file, std::span<const Wanted> wanted) {
  return misfits(file.path, *file.schema, wanted);
}

std::vector<staging::Input> parquet_inputs(std::span<const ParquetFile> files, std::vector<Wanted> wanted,
                                           std::size_t memory) {
  const auto pool =
      std::make_shared<arrow::CappedMemoryPool>(arrow::default_memory_pool(), static_cast<std::int64_t>(memory));
  const auto columns = std::make_shared<const std::vector<Wanted>>(std::move(wanted));
  std::vector<staging::Input> inputs;
  for (const ParquetFile& file : files) {
    inputs.push_back(
        {.name = file.path,
         .open_batches = [path = file.path, pool, columns](const staging::CsvShape& shape, std::size_t bytes) {
           return std::make_unique<ParquetRecords>(path, pool, *columns, shape, bytes);
         }});
  }
  return inputs;
}

std::vector<TableColumn> table_columns(std::span<const ParquetFile> files, const std::vector<std::string>& names,
                                       std::size_t memory, const std::stop_token& stop,
                                       const std::function<void(const staging::Progress&)>& on_progress) {
  std::vector<TableColumn> columns;
  std::vector<std::string> problems;
  std::vector<std::string> texts;
  for (const std::string& name : names) {
    const auto type = common_type(files, name, problems);
    if (!type) continue;
    const arrow::DataType& first = *files.front().schema->GetFieldByName(name)->type();
    columns.push_back({.name = name, .file_type = first.ToString(), .type = *type});
    const auto is_text = [&](const ParquetFile& file) {
      return kind_of(*file.schema->GetFieldByName(name)->type()) == Kind::text;
    };
    if (std::ranges::any_of(files, is_text)) texts.push_back(name);
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  if (texts.empty()) return columns;
  Measuring measuring(texts, memory, stop, on_progress);
  for (const ParquetFile& file : files) measuring.read(file.path);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::ranges::find(columns, texts[i], &TableColumn::name)->longest = measuring.longest(i);
  }
  return columns;
}

}  // namespace penstock::columnar
