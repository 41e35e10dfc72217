#include "load/staged_supply.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/parquet.h"
#include "load/access.h"
#include "load/column_rules.h"
#include "load/rejects.h"
#include "load/source.h"
#include "load/spool.h"
#include "load/staged_objects.h"
#include "penstock/error.h"
#include "staging/pipeline.h"
#include "table/type.h"

namespace penstock {
namespace {

class StagedSupply final : public Supply {
 public:
  StagedSupply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
               const std::string& load_id)
      : options_(options),
        context_(context),
        load_id_(load_id),
        source_(open_source(options, context.stop)),
        objects_(context, base, load_id) {}

  [[nodiscard]] std::string name() const override { return source_.name; }

  [[nodiscard]] std::optional<std::vector<std::string>> column_names() const override {
    if (!options_.columns.empty()) return options_.columns;
    return source_.format == SourceFormat::json ? std::nullopt : std::optional(column_names_of(source_.columns));
  }

  std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& on_progress) override {
    return source_.format == SourceFormat::parquet ? of_schema(on_progress) : of_records(on_progress);
  }

  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    Batch batch{.has_position = options_.duplicates == Duplicates::last && !options_.key.empty(),
                .compression = kPartCompression,
                .access = copy_access(context_),
                .region = copy_region(context_)};
    if (source_.format == SourceFormat::json) {
      batch.format = redshift::JsonFormat{.paths = "auto ignorecase"};
      batch.columns =
          options_.columns.empty() ? writable_columns(table) : match_columns(options_.columns, table, "--columns");
    } else {
      batch.format = redshift::CsvFormat{.delimiter = source_.delimiter, .quote = options_.quote};
      batch.columns = match_columns(source_.columns, table, source_.name);
      batch.null_as = std::string(staging::kNullText);
    }
    batch.types = types_of(batch.columns, table);
    refuse_misfits(batch);
    return batch;
  }

  [[nodiscard]] std::string manifest_uri() const override { return objects_.manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override {
    std::string words = fmt::format("PUT {} as parts, and {}", printable(source_.name), printable(manifest_uri()));
    if (!options_.rejects.empty()) words += fmt::format("; bad records to {}", printable(options_.rejects));
    return words;
  }

  void inspect(const redshift::CatalogTable& table, const Batch& batch) override {
    if (source_.format == SourceFormat::parquet) Supply::inspect(table, batch);  // says that it can't be
    rules_ = std::make_shared<ColumnRules>(table, batch.columns, options_.key.empty());
    if (options_.rejects.empty()) return;
    refuse_to_overwrite(options_.rejects);
    if (!options_.dry_run) rejects_.emplace(options_.rejects, header(), batch.columns, load_id_);
  }

  Provided provide(const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) override {
    Provided provided;
    staging::StageOptions how = stage_options(batch, on_progress);
    if (rules_) how.inspection = inspection(provided);
    const staging::Staged staged = stage(batch, how);
    if (rejects_) rejects_->finish();
    provided.objects = staged.parts.size();
    provided.bytes_stored = staged.bytes_stored();
    provided.bytes_read = staged.bytes_read;
    provided.records = staged.records;
    provided.rejected = staged.bad;
    return provided;
  }

  std::vector<BadValue> look_again(const redshift::CatalogTable& table, const Batch& batch) override {
    if (rules_ || source_.is_stdin || source_.format == SourceFormat::parquet) return {};
    try {
      rules_ = std::make_shared<ColumnRules>(table, batch.columns, options_.key.empty());
      Provided found;
      staging::StageOptions how = stage_options(batch, {});
      how.inspection = inspection(found);
      staging::inspect(source_.inputs, how, context_.stop);
      return std::move(found.findings);
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::cancelled) throw;
      return {};  // what COPY said is the failure to tell
    }
  }

  void verify() override {}  // nobody else writes there
  void keep_rejects() noexcept override {
    if (rejects_) rejects_->keep();
  }
  void leave() noexcept override { objects_.leave(); }

 private:
  std::vector<discovery::Column> of_records(const std::function<void(const UpsertProgress&)>& on_progress) {
    for (staging::Input& input : source_.inputs) {
      if (source_.is_stdin) input = spooled(input, context_.environment, context_.stop);
    }
    discovery::DiscoverOptions how{.names = column_names_of(source_.columns), .memory = options_.memory};
    how.shape = source_.format == SourceFormat::json ? staging::Shape(staging::JsonShape{})
                                                     : staging::Shape(csv_shape(source_.columns.size()));
    how.on_progress = progress_of(on_progress, source_.size);
    return discovery::discover(source_.inputs, how, context_.stop).columns;
  }

  // Parquet says its types, but not how long its texts are.
  [[nodiscard]] std::vector<discovery::Column> of_schema(
      const std::function<void(const UpsertProgress&)>& on_progress) const {
    std::vector<discovery::Column> found;
    for (const columnar::TableColumn& column :
         columnar::table_columns(source_.parquet, source_.columns, arrows_memory(), context_.stop,
                                 progress_of(on_progress, source_.size))) {
      found.push_back({.name = column.name,
                       .type = column.longest ? discovery::varchar_for(*column.longest) : column.type,
                       .tight = column.type,
                       .why = fmt::format("the file says {}", column.file_type),
                       .max_bytes = column.longest.value_or(0)});
    }
    return found;
  }

  staging::Staged stage(const Batch& batch, const staging::StageOptions& how) {
    const auto inputs = source_.format == SourceFormat::parquet
                            ? columnar::parquet_inputs(source_.parquet, wanted(batch), arrows_memory())
                            : source_.inputs;
    if (options_.dry_run) return staging::inspect(inputs, how, context_.stop);
    return objects_.stage(inputs, how, context_.stop);
  }

  // What each of the table's columns gets of a Parquet file, and what it is.
  [[nodiscard]] std::vector<columnar::Wanted> wanted(const Batch& batch) const {
    std::vector<columnar::Wanted> wanted;
    for (std::size_t i = 0; i < source_.columns.size(); ++i) {
      wanted.push_back({.name = source_.columns[i], .into = table::parse_type(batch.types[i])});
    }
    return wanted;
  }

  void refuse_misfits(const Batch& batch) const {
    std::vector<std::string> problems;
    for (const columnar::ParquetFile& file : source_.parquet) {
      std::ranges::move(columnar::misfits(file, wanted(batch)), std::back_inserter(problems));
    }
    if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  }

  // Rows come as columns of Arrow's, and only what is made of them is staging's.
  [[nodiscard]] std::size_t arrows_memory() const {
    return source_.format == SourceFormat::parquet ? options_.memory - options_.memory / 4 : 0;
  }

  // As the source's files begin.
  [[nodiscard]] std::string header() const {
    if (source_.format != SourceFormat::csv || !options_.columns.empty()) return {};
    std::string line;
    for (const std::string& name : source_.columns) {
      if (!line.empty()) line += source_.delimiter;
      line += quoted_name(name);
    }
    return line + "\n";
  }

  [[nodiscard]] std::string quoted_name(const std::string& name) const {
    const char quote = options_.quote;
    const std::string special{source_.delimiter, quote, '\r', '\n'};
    if (name.find_first_of(special) == std::string::npos) return name;
    std::string out(1, quote);
    for (const char c : name) {
      if (c == quote) out += quote;
      out += c;
    }
    return out + quote;
  }

  // What it finds is told to `provided`, which outlives it.
  [[nodiscard]] staging::Inspection inspection(Provided& provided) {
    return {.rules = rules_, .sets_aside = rejects_.has_value(), .found = [this, &provided](const auto& record) {
              if (rejects_) rejects_->add(record);
              for (const staging::Fault& fault : record.faults) {
                ++provided.findings_in_all;
                if (provided.findings.size() == kMostFindings) continue;
                provided.findings.push_back({.source = std::string(record.input),
                                             .line = fault.line,
                                             .column = fault.field ? rules_->names().at(*fault.field) : "",
                                             .value = fault.value,
                                             .reason = fault.reason});
              }
            }};
  }

  [[nodiscard]] staging::StageOptions stage_options(
      const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) const {
    staging::StageOptions how{.memory = options_.memory - arrows_memory()};
    if (source_.format == SourceFormat::json) {
      how.shape = staging::JsonShape{.position_name = batch.has_position ? kPositionColumn : ""};
    } else {
      staging::CsvShape shape = csv_shape(batch.columns.size());
      shape.with_position = batch.has_position;
      how.shape = std::move(shape);
    }
    how.on_progress = progress_of(on_progress, source_.size);
    return how;
  }

  [[nodiscard]] staging::CsvShape csv_shape(std::size_t fields) const {
    return {.dialect = {.delimiter = source_.delimiter, .quote = options_.quote, .escape = options_.escape},
            .fields = fields,
            .null_text = options_.null_as};
  }

  const UpsertOptions& options_;
  const LoadContext& context_;
  const std::string load_id_;
  Source source_;
  StagedObjects objects_;
  std::shared_ptr<const ColumnRules> rules_;  // set: records are looked at
  std::optional<Rejects> rejects_;
};

}  // namespace

std::unique_ptr<Supply> staged_supply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                                      const std::string& load_id) {
  return std::make_unique<StagedSupply>(options, context, base, load_id);
}

}  // namespace penstock
