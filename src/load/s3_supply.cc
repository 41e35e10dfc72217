#include "load/s3_supply.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "base/text.h"
#include "codec/decompress.h"
#include "load/access.h"
#include "load/s3_source.h"
#include "load/staged_objects.h"
#include "penstock/error.h"
#include "penstock/store.h"
#include "staging/pipeline.h"

namespace penstock {
namespace {

class S3Supply final : public Supply {
 public:
  S3Supply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
           const std::string& load_id)
      : options_(options),
        context_(context),
        source_(open_s3_source(options, context.buckets, context.log, context.stop)),
        staged_(context, base, load_id) {}

  [[nodiscard]] std::string name() const override { return source_.name; }

  [[nodiscard]] std::optional<std::vector<std::string>> column_names() const override {
    if (!options_.columns.empty()) return options_.columns;
    return source_.format == SourceFormat::json ? std::nullopt : std::optional(column_names_of(source_.columns));
  }

  std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& on_progress) override {
    if (source_.format == SourceFormat::parquet) return Supply::columns(on_progress);
    discovery::DiscoverOptions how{.names = column_names_of(source_.columns), .memory = options_.memory};
    how.shape = staging::JsonShape{};
    if (source_.format == SourceFormat::csv) {
      how.shape = staging::CsvShape{.dialect = {.delimiter = source_.delimiter, .quote = options_.quote},
                                    .fields = source_.columns.size(),
                                    .null_text = options_.null_as};
    }
    how.on_progress = progress_of(on_progress, source_.bytes());
    return discovery::discover(inputs(), how, context_.stop).columns;
  }

  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    Batch batch{.compression = source_.compression, .access = copy_access(context_), .region = copy_region(context_)};
    switch (source_.format) {
      case SourceFormat::json:
        batch.format = redshift::JsonFormat{.paths = "auto ignorecase"};
        batch.columns =
            options_.columns.empty() ? writable_columns(table) : match_columns(options_.columns, table, "--columns");
        break;
      case SourceFormat::parquet:
        batch.format = redshift::ParquetFormat{};
        batch.columns = match_columns(source_.columns, table, source_.name);
        break;
      case SourceFormat::csv:
        batch.format = redshift::CsvFormat{
            .delimiter = source_.delimiter, .quote = options_.quote, .ignore_header = source_.has_header ? 1 : 0};
        batch.columns = match_columns(source_.columns, table, source_.name);
        if (!options_.null_as.empty()) batch.null_as = options_.null_as;
        break;
    }
    batch.empty_as_null = options_.empty_as_null;
    return batch;
  }

  [[nodiscard]] std::string manifest_uri() const override { return staged_.manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override {
    return fmt::format("PUT {}, which names {} ({} objects)", printable(manifest_uri()), printable(source_.name),
                       source_.objects.size());
  }
  [[nodiscard]] std::vector<const SourceObject*> objects() const override {
    std::vector<const SourceObject*> all;
    for (const SourceObject& object : source_.objects) all.push_back(&object);
    for (const SourceObject& manifest : source_.manifests) all.push_back(&manifest);
    return all;
  }

  Provided provide(const Batch&, const std::function<void(const UpsertProgress&)>&) override {
    staged_.write_manifest(manifest_of(source_.objects));
    return {.objects = source_.objects.size(),
            .bytes_stored = source_.bytes(),
            .bytes_read = source_.bytes(),
            .in_place = true};
  }

  void verify() override {
    if (const auto changed = changed_since(context_.buckets, objects(), context_.stop)) {
      throw Error(ErrorKind::conflict, *changed + " while it was read");
    }
  }

  void leave() noexcept override { staged_.leave(); }

 private:
  // The objects, to be read here: each exactly as it was looked at.
  [[nodiscard]] std::vector<staging::Input> inputs() const {
    std::vector<staging::Input> out;
    for (const SourceObject& object : source_.objects) {
      const std::shared_ptr<ObjectStore> store = context_.buckets.open(object.bucket);
      out.push_back({.name = object.uri(),
                     .open =
                         [store, &object] {
                           return decompressed(store->open(object.info), codec_of(object.info.key), object.uri());
                         },
                     .skip = source_.has_header ? 1U : 0U});
    }
    return out;
  }

  const UpsertOptions& options_;
  const LoadContext& context_;
  const S3Source source_;
  StagedObjects staged_;
};

}  // namespace

std::unique_ptr<Supply> s3_supply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                                  const std::string& load_id) {
  return std::make_unique<S3Supply>(options, context, base, load_id);
}

}  // namespace penstock
