#include "penstock/staged_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "columnar/batch_input.h"
#include "columnar/c_stream.h"
#include "load/attempt.h"
#include "load/parts_supply.h"
#include "load/staged_objects.h"
#include "load/staged_part.h"
#include "load/staging.h"
#include "load/supply.h"
#include "penstock/error.h"
#include "staging/pipeline.h"
#include "table/type.h"

namespace penstock {
namespace {

constexpr unsigned kRowBits = 40;  // of a position, the lower ones; the partition is above them

class Stage {
 public:
  Stage(const StageOptions& options, std::shared_ptr<columnar::BatchReader> rows, const StageContext& context)
      : options_(options), context_(context), rows_(std::move(rows)) {}

  StagedPart run(const std::function<void(const UpsertProgress&)>& on_progress) {
    settle_columns();
    const StagingBase base = staging_base(context_.environment, options_.staging_bucket);
    if (base.bucket.empty()) {
      throw Error(ErrorKind::invalid,
                  "there is no place to stage in: set PENSTOCK_S3_BASE_PATH, or name a staging bucket");
    }
    part_.id = new_id();
    part_.name = options_.name;
    part_.bucket = base.bucket;
    part_.partition = options_.partition;
    const auto store = context_.buckets.open(base.bucket);
    // the other half is for the batches that are under way
    staging::StageOptions how{
        .shape = staging::CsvShape{.fields = wanted_.size(), .with_position = options_.partition.has_value()},
        .memory = options_.memory / 2,
        .first_position = (std::uint64_t{options_.partition.value_or(0)} << kRowBits) + 1};
    how.on_progress = progress_of(on_progress, 0);
    const staging::Input input = columnar::batch_input(options_.name, rows_, wanted_);
    const auto staged = stage_parts(std::span(&input, 1), *store, fmt::format("{}staged/{}/", base.prefix, part_.id),
                                    part_.id, std::move(how), context_.stop);
    for (const staging::Part& part : staged.parts) {
      part_.objects.push_back(
          {.key = part.object.key, .etag = part.object.etag, .size = part.object.size, .rows = part.records});
    }
    part_.rows = staged.records;
    part_.bytes = staged.bytes_stored();
    return std::move(part_);
  }

 private:
  void settle_columns() {
    std::set<std::string> unknown;
    for (const auto& [name, type] : options_.types) unknown.insert(lower(name));
    for (const columnar::TypedColumn& column :
         columnar::typed_columns(options_.name, *rows_, columnar::names_of(*rows_))) {
      unknown.erase(lower(column.name));
      const table::Type type = said_type(column.name).value_or(column.type);
      wanted_.push_back({.name = column.name, .into = type});
      part_.columns.push_back({.name = column.name,
                               .type = to_string(type),
                               .source_type = column.arrow_type,
                               .only_nulls = column.arrow_type == "null" && !said_type(column.name)});
    }
    auto problems = columnar::misfits(options_.name, *rows_, wanted_);
    if (wanted_.empty()) problems.push_back(fmt::format("{} has no column", printable(options_.name)));
    for (const std::string& name : unknown) {
      problems.push_back(
          fmt::format("{} has no column {}, whose type was said", printable(options_.name), printable(name)));
    }
    if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  }

  [[nodiscard]] std::optional<table::Type> said_type(const std::string& name) const {
    for (const auto& [of, type] : options_.types) {
      if (equal_ignoring_case(of, name)) return table::parse_type(type);
    }
    return std::nullopt;
  }

  const StageOptions& options_;
  const StageContext& context_;
  const std::shared_ptr<columnar::BatchReader> rows_;
  std::vector<columnar::Wanted> wanted_;
  StagedPart part_;
};

}  // namespace

std::vector<std::string> problems_of(const StageOptions& options) {
  std::vector<std::string> problems;
  if (options.partition && *options.partition >= kMostPartitions) {
    problems.push_back(fmt::format("the partition {} is not below {}", *options.partition, kMostPartitions));
  }
  std::set<std::string> names;
  for (const auto& [name, type] : options.types) {
    if (!names.insert(lower(name)).second)
      problems.push_back(fmt::format("the type of {} is said twice", printable(name)));
    if (!table::parse_type(type)) {
      problems.push_back(
          fmt::format("the type of {} is '{}', which Redshift has not", printable(name), printable(type)));
    }
  }
  return problems;
}

StagedPart stage(const StageOptions& options, ArrowArrayStream& stream, const StageContext& context,
                 const std::function<void(const UpsertProgress&)>& on_progress) {
  try {
    std::shared_ptr<columnar::BatchReader> rows = columnar::batches_of(stream, options.name);
    if (const auto problems = problems_of(options); !problems.empty()) {
      throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
    }
    return Stage(options, std::move(rows), context).run(on_progress);
  } catch (const Error& e) {
    throw Error(e.kind(), fmt::format("stage {}: {}; nothing is left of it", printable(options.name), e.what()));
  }
}

void discard(std::span<const StagedPart> parts, const StageContext& context) {
  try {
    remove_parts(parts, context.buckets);
  } catch (const Error& e) {
    throw Error(e.kind(), fmt::format("discard staged parts: {}; what is left goes by sweep", e.what()));
  }
}

}  // namespace penstock
