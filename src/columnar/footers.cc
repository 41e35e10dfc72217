#include "columnar/footers.h"

#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/in_parallel.h"
#include "base/text.h"
#include "columnar/fields.h"
#include "columnar/object_file.h"
#include "columnar/orc_rows.h"
#include "columnar/parquet_rows.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::size_t kAtOnce = 8;
constexpr std::size_t kColumns = 64;  // about

using OpenRows = std::unique_ptr<FileRows> (*)(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool,
                                               std::size_t columns);

struct Footer {
  std::shared_ptr<arrow::Schema> schema;
  std::uint64_t rows = 0;
  std::optional<std::string> other_by_copy;
};

Footer footer_of(const FileInput& file, OpenRows open, arrow::MemoryPool& pool, std::size_t memory) {
  auto source =
      file.store == nullptr ? open_local_file(file.name, pool) : open_object(*file.store, file.object, pool, memory);
  const auto rows = open(std::move(source), pool, kColumns);
  return {.schema = rows->schema(),
          .rows = static_cast<std::uint64_t>(rows->rows()),
          .other_by_copy = rows->other_by_copy()};
}

// How long a text may be differs between files, and to COPY it is all one.
bool is_same(const arrow::Field& a, const arrow::Field& b) {
  const table::Type type = table_type_of(a);
  return a.name() == b.name() &&
         (type.name == table::TypeName::varchar ? table_type_of(b).name == type.name : table_type_of(b) == type);
}

std::optional<std::string> difference(const arrow::Schema& a, const arrow::Schema& b) {
  if (a.num_fields() != b.num_fields()) return "there are other columns in it";
  for (int i = 0; i < a.num_fields(); ++i) {
    if (!is_same(*a.field(i), *b.field(i))) {
      return fmt::format("its column {} is {}, of another name or type", i + 1, printable(b.field(i)->name()));
    }
  }
  return std::nullopt;
}

Footers footers_of(const std::vector<FileInput>& files, OpenRows open, const FileReading& how) {
  arrow::CappedMemoryPool pool(arrow::default_memory_pool(), static_cast<std::int64_t>(how.memory / 2));
  std::vector<Footer> all(files.size());
  in_parallel(files.size(), kAtOnce, [&](std::size_t i) {
    if (how.stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading was stopped");
    all[i] = footer_of(files[i], open, pool, how.memory / 2);
  });
  const arrow::Schema& first = *all.front().schema;
  Footers footers;
  for (std::size_t i = 0; i < files.size(); ++i) {
    footers.rows += all[i].rows;
    if (footers.other_by_copy) continue;
    auto other = std::move(all[i].other_by_copy);
    if (!other) other = difference(first, *all[i].schema);
    if (other) footers.other_by_copy = fmt::format("{}: {}", printable(files[i].name), *other);
  }
  if (!footers.other_by_copy) footers.columns = typed_columns(files.front().name, first, first.field_names());
  return footers;
}

}  // namespace

Footers parquet_footers(const std::vector<FileInput>& files, const FileReading& how) {
  return footers_of(files, parquet_rows, how);
}

Footers orc_footers(const std::vector<FileInput>& files, const FileReading& how) {
  return footers_of(files, orc_rows, how);
}

}  // namespace penstock::columnar
