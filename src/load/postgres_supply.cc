#include "load/postgres_supply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/text.h"
#include "load/access.h"
#include "load/postgres_values.h"
#include "load/source_name.h"
#include "load/staged_objects.h"
#include "penstock/error.h"
#include "postgres/address.h"
#include "postgres/copy_out.h"
#include "postgres/rows.h"
#include "staging/pipeline.h"
#include "staging/postgres_text.h"

namespace penstock {
namespace {

std::vector<std::string_view> options_of_files(const UpsertOptions& options) {
  std::vector<std::string_view> names;
  if (options.format) names.emplace_back("--format");
  if (!options.columns.empty()) names.emplace_back("--columns");
  if (options.delimiter) names.emplace_back("--delimiter");
  if (options.quote != UpsertOptions{}.quote) names.emplace_back("--quote");
  if (options.escape) names.emplace_back("--escape");
  if (!options.null_as.empty()) names.emplace_back("--null-as");
  return names;
}

std::vector<std::string> names_of(const std::vector<postgres::Column>& columns) {
  std::vector<std::string> names;
  std::ranges::transform(columns, std::back_inserter(names), &postgres::Column::name);
  return names;
}

// Reads on behalf of the pipeline, and keeps what the server counted.
class Counted final : public ObjectReader {
 public:
  Counted(std::unique_ptr<postgres::CopyOut> rows, std::uint64_t& counted)
      : rows_(std::move(rows)), counted_(counted) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = rows_->read(buffer);
    if (count == 0) counted_ = rows_->rows();
    return count;
  }

 private:
  const std::unique_ptr<postgres::CopyOut> rows_;
  std::uint64_t& counted_;
};

class PostgresSupply final : public Supply {
 public:
  PostgresSupply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                 const std::string& load_id)
      : options_(options),
        context_(context),
        rows_(postgres::parse_address(options.sources.front()), options.query, options.streams, {.stop = context.stop},
              context.log),
        objects_(context, base, load_id) {}

  [[nodiscard]] std::string name() const override { return rows_.name(); }

  [[nodiscard]] std::optional<std::vector<std::string>> column_names() const override {
    return names_of(rows_.columns());
  }

  std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& /*on_progress*/) override {
    return postgres_types(rows_.columns());
  }

  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    Batch batch{.columns = match_columns(names_of(rows_.columns()), table, rows_.name()),
                .has_position = options_.duplicates == Duplicates::last && !options_.key.empty(),
                .format = redshift::CsvFormat{.delimiter = staging::kPostgresDelimiter, .quote = '"'},
                .compression = kPartCompression,
                .null_as = std::string(staging::kNullText),
                .access = copy_access(context_),
                .region = copy_region(context_)};
    fields_ = postgres_fields(rows_.columns(), batch.columns, table);
    return batch;
  }

  [[nodiscard]] std::string manifest_uri() const override { return objects_.manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override {
    return fmt::format(
        "PUT the rows of {}, read by {}, as parts, and {}", rows_.name(),
        rows_.streams() == 1 ? "one session" : fmt::format("{} sessions on one snapshot", rows_.streams()),
        printable(manifest_uri()));
  }

  Provided provide(const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) override {
    std::uint64_t counted = 0;
    const staging::Input input{.name = rows_.name(),
                               .open = [&] { return std::make_unique<Counted>(rows_.open(), counted); }};
    const staging::Staged staged =
        objects_.stage(std::span(&input, 1), stage_options(batch, on_progress), context_.stop);
    rows_.close();
    if (staged.records != counted) {
      throw Error(ErrorKind::internal,
                  fmt::format("{}: {} rows were sent, and {} came", rows_.name(), counted, staged.records));
    }
    return {.objects = staged.parts.size(),
            .bytes_stored = staged.bytes_stored(),
            .bytes_read = staged.bytes_read,
            .records = staged.records};
  }

  void verify() override {}  // nobody else writes there
  void leave() noexcept override { objects_.leave(); }

 private:
  [[nodiscard]] staging::StageOptions stage_options(
      const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) const {
    staging::StageOptions how{.shape = staging::PostgresShape{.fields = fields_, .with_position = batch.has_position},
                              .memory = options_.memory};
    how.on_progress = progress_of(on_progress, 0);
    return how;
  }

  const UpsertOptions& options_;
  const LoadContext& context_;
  postgres::Rows rows_;
  StagedObjects objects_;
  mutable std::vector<staging::PostgresField> fields_;  // by the table that batch() was asked for
};

}  // namespace

std::vector<std::string> problems_of_server(const UpsertOptions& options) {
  std::vector<std::string> problems;
  if (std::ranges::none_of(options.sources, postgres::is_address)) {
    const auto is_server = [](const std::string& source) { return place_of(source) == SourcePlace::redshift; };
    if (!options.query.empty() && std::ranges::none_of(options.sources, is_server)) {
      problems.emplace_back("--query needs postgresql://… or redshift://… as the source");
    }
    if (options.streams > 0) problems.emplace_back("--streams needs a table of postgresql://… as the source");
    return problems;
  }
  if (options.sources.size() > 1) problems.emplace_back("postgresql://… must be the only source");
  bool is_table = false;
  for (const std::string& source : options.sources) {
    try {
      is_table |= postgres::is_address(source) && postgres::parse_address(source).table.has_value();
    } catch (const Error& e) {
      problems.emplace_back(e.what());
      return problems;
    }
  }
  if (is_table && !options.query.empty()) problems.emplace_back("--query and ::table in the URI exclude each other");
  if (!is_table && options.query.empty()) {
    problems.emplace_back(
        "--query is missing: what to read of postgresql://…; or ::schema.table behind the database names a table");
  }
  if (!is_table && options.streams > 0) {
    problems.emplace_back("--streams needs a table (::schema.table): a query is read by one session");
  }
  if (options.streams > postgres::kMostStreams) {
    problems.push_back(fmt::format("--streams is more than {}", postgres::kMostStreams));
  }
  if (is_table && options.duplicates == Duplicates::last && options.order_by.empty()) {
    problems.emplace_back(
        "--duplicates last of a table needs --order-by, as its rows have no order; a --query with ORDER BY has one");
  }
  if (const auto unfit = options_of_files(options); !unfit.empty()) {
    problems.push_back(fmt::format("{} {} for files, not for postgresql://…", fmt::join(unfit, ", "),
                                   unfit.size() == 1 ? "is" : "are"));
  }
  return problems;
}

std::unique_ptr<Supply> postgres_supply(const UpsertOptions& options, const LoadContext& context,
                                        const StagingBase& base, const std::string& load_id) {
  return std::make_unique<PostgresSupply>(options, context, base, load_id);
}

}  // namespace penstock
