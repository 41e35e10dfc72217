#include "load/batch_supply.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "columnar/batch_input.h"
#include "load/access.h"
#include "load/staged_objects.h"
#include "penstock/error.h"
#include "staging/pipeline.h"
#include "table/type.h"

namespace penstock {
namespace {

class BatchSupply final : public Supply {
 public:
  BatchSupply(std::shared_ptr<columnar::BatchReader> rows, const UpsertOptions& options, const LoadContext& context,
              const StagingBase& base, const std::string& load_id)
      : options_(options),
        context_(context),
        rows_(std::move(rows)),
        names_(options.columns.empty() ? columnar::names_of(*rows_) : options.columns),
        objects_(context, base, load_id) {}

  [[nodiscard]] std::string name() const override { return options_.stream_name; }
  [[nodiscard]] std::optional<std::vector<std::string>> column_names() const override { return names_; }

  std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& /*on_progress*/) override {
    std::vector<discovery::Column> found;
    for (const columnar::TypedColumn& column : columnar::typed_columns(name(), *rows_, names_)) {
      found.push_back({.name = column.name,
                       .type = column.type,
                       .tight = column.type,
                       .why = fmt::format("the source says {}", column.arrow_type)});
    }
    return found;
  }

  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    Batch batch{.columns = match_columns(names_, table, name()),
                .has_position = options_.duplicates == Duplicates::last && !options_.key.empty(),
                .format = redshift::CsvFormat{},
                .compression = kPartCompression,
                .null_as = std::string(staging::kNullText),
                .access = copy_access(context_),
                .region = copy_region(context_)};
    batch.types = types_of(batch.columns, table);
    const auto problems = columnar::misfits(name(), *rows_, wanted(batch));
    if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
    return batch;
  }

  [[nodiscard]] std::string manifest_uri() const override { return objects_.manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override {
    return fmt::format("PUT the rows of {} as parts, and {}", printable(name()), printable(manifest_uri()));
  }

  Provided provide(const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) override {
    const staging::Input input = columnar::batch_input(name(), rows_, wanted(batch));
    const staging::Staged staged =
        objects_.stage(std::span(&input, 1), stage_options(batch, on_progress), context_.stop);
    return {.objects = staged.parts.size(),
            .bytes_stored = staged.bytes_stored(),
            .bytes_read = staged.bytes_read,
            .records = staged.records};
  }

  void verify() override {}  // nobody else writes there
  void leave() noexcept override { objects_.leave(); }

 private:
  [[nodiscard]] std::vector<columnar::Wanted> wanted(const Batch& batch) const {
    std::vector<columnar::Wanted> wanted;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      wanted.push_back({.name = names_[i], .into = table::parse_type(batch.types[i])});
    }
    return wanted;
  }

  [[nodiscard]] staging::StageOptions stage_options(
      const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) const {
    // the other half is for the batches that are under way
    staging::StageOptions how{
        .shape = staging::CsvShape{.fields = batch.columns.size(), .with_position = batch.has_position},
        .memory = options_.memory / 2};
    how.on_progress = progress_of(on_progress, 0);
    return how;
  }

  const UpsertOptions& options_;
  const LoadContext& context_;
  const std::shared_ptr<columnar::BatchReader> rows_;
  const std::vector<std::string> names_;
  StagedObjects objects_;
};

}  // namespace

std::vector<std::string> problems_of_batches(const UpsertOptions& options) {
  std::vector<std::string> problems;
  if (!options.sources.empty()) problems.emplace_back("a stream of rows is the only source, where there is one");
  const auto refuse = [&](bool given, std::string_view option) {
    if (given) problems.push_back(fmt::format("{} means nothing for rows that have names and types", option));
  };
  refuse(options.format.has_value(), "--format");
  refuse(options.delimiter.has_value(), "--delimiter");
  refuse(options.quote != UpsertOptions{}.quote, "--quote");
  refuse(options.escape.has_value(), "--escape");
  refuse(!options.null_as.empty(), "--null-as");
  refuse(options.check, "--check");
  refuse(!options.rejects.empty(), "--rejects");
  return problems;
}

std::unique_ptr<Supply> batch_supply(std::shared_ptr<columnar::BatchReader> rows, const UpsertOptions& options,
                                     const LoadContext& context, const StagingBase& base, const std::string& load_id) {
  return std::make_unique<BatchSupply>(std::move(rows), options, context, base, load_id);
}

}  // namespace penstock
