#include "load/looked_at.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.h"
#include "load/access.h"
#include "load/batch_supply.h"
#include "load/s3_source.h"
#include "load/staged_objects.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using table::Type;
using table::TypeName;

std::vector<std::string> names_of(const LookedAt& source) {
  std::vector<std::string> names;
  for (const discovery::Column& column : source.columns) names.push_back(column.name);
  return names;
}

bool is_csv(const LookedAt& source) { return std::holds_alternative<redshift::CsvFormat>(source.format); }

bool is_columnar(const LookedAt& source) {
  return std::holds_alternative<redshift::ParquetFormat>(source.format) ||
         std::holds_alternative<redshift::OrcFormat>(source.format);
}

// A file's column is read as what it is, or refused.
bool is_just(const Type& found, const Type& into) {
  switch (found.name) {
    case TypeName::varchar:
      return into.name == TypeName::varchar;
    case TypeName::boolean:
    case TypeName::integer:
    case TypeName::bigint:
    case TypeName::numeric:
    case TypeName::real:
    case TypeName::double_precision:
    case TypeName::date:
    case TypeName::timestamp:
      return found == into;
    default:
      return false;
  }
}

// Of a value's text, COPY makes what its batch holds.
bool is_read_alike(const discovery::Column& column, const Type& into) {
  const Type& found = column.type;
  if (is_integer(found)) return is_integer(into) || into.name == TypeName::numeric;
  if (found.name == TypeName::numeric) return into.name == TypeName::numeric && into.scale >= column.tight.scale;
  return found.name == into.name;
}

// Of a header's name that COPY may find in more than one line, or that nobody would call a column by.
bool is_plain(std::string_view name) {
  return column_name(name) == name && name.find_first_of({"\n\r\0", 3}) == std::string_view::npos;
}

bool has_null_texts(const LookedAt& source) {
  return std::ranges::any_of(source.columns, [](const discovery::Column& column) {
    return column.type.name == TypeName::varchar && column.nulls > 0;
  });
}

// What COPY reads where it lies. Of ours there is only a manifest, which names exactly these objects.
class InPlace final : public Supply {
 public:
  InPlace(const LookedAt& source, const LoadContext& context, const StagingBase& base, const std::string& load_id)
      : source_(source), context_(context), null_text_("\x1A" + load_id), staged_(context, base, load_id) {}

  [[nodiscard]] std::string name() const override { return source_.name; }
  [[nodiscard]] std::vector<const SourceObject*> objects() const override {
    std::vector<const SourceObject*> all;
    for (const SourceObject& object : source_.objects) all.push_back(&object);
    return all;
  }

  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    Batch batch{.columns = match_columns(names_of(source_), table, source_.name),
                .format = source_.format,
                .compression = copy_compression(source_.codec),
                .access = copy_access(context_),
                .region = copy_region(context_)};
    if (is_csv(source_)) {
      batch.null_as = null_text_;  // no value is; \N stays the text that it is
      batch.empty_as_null = has_null_texts(source_);
    }
    return batch;
  }

  [[nodiscard]] std::string manifest_uri() const override { return staged_.manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override {
    return fmt::format("PUT {}, which names {} ({} objects)", printable(manifest_uri()), printable(source_.name),
                       source_.objects.size());
  }

  Provided provide(const Batch&, const std::function<void(const UpsertProgress&)>&) override {
    staged_.write_manifest(manifest_of(source_.objects));
    Provided provided{.objects = source_.objects.size(), .records = source_.records, .in_place = true};
    for (const SourceObject& object : source_.objects) provided.bytes_stored += object.info.size;
    provided.bytes_read = provided.bytes_stored;
    return provided;
  }

  void verify() override {
    if (const auto changed = changed_since(context_.buckets, objects(), context_.stop)) {
      throw Error(ErrorKind::conflict, *changed + " while it was read");
    }
  }

  void leave() noexcept override { staged_.leave(); }

 private:
  const LookedAt& source_;
  const LoadContext& context_;
  const std::string null_text_;
  StagedObjects staged_;
};

class LookedAtSupply final : public Supply {
 public:
  LookedAtSupply(const LookedAt& source, const UpsertOptions& options, const LoadContext& context,
                 const StagingBase& base, const std::string& load_id)
      : source_(source),
        options_(options),
        context_(context),
        base_(base),
        load_id_(load_id),
        in_place_(source, context, base, load_id) {}

  [[nodiscard]] std::string name() const override { return source_.name; }
  [[nodiscard]] std::vector<const SourceObject*> objects() const override {
    return staged_ ? staged_->objects() : in_place_.objects();
  }
  [[nodiscard]] std::optional<std::vector<std::string>> column_names() const override { return names_of(source_); }
  std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& /*on_progress*/) override {
    return source_.columns;
  }

  // The first time decides; the last time, when the table is locked, may not see it otherwise.
  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    if (staged_) return staged_->batch(table);
    const auto reason = reason_to_stage(source_, table);
    if (!reason) {
      is_in_place_ = true;
      return in_place_.batch(table);
    }
    if (is_in_place_) {
      throw Error(ErrorKind::conflict, fmt::format("the table was altered meanwhile: {}", *reason));
    }
    context_.log.info(fmt::format("{} is staged: {}", printable(source_.name), *reason));
    staged_ = batch_supply(source_.batches(), options_, context_, base_, load_id_);
    return staged_->batch(table);
  }

  [[nodiscard]] std::string manifest_uri() const override { return chosen().manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override { return chosen().provide_in_words(); }
  Provided provide(const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) override {
    return staged_ ? staged_->provide(batch, on_progress) : in_place_.provide(batch, on_progress);
  }
  void verify() override { staged_ ? staged_->verify() : in_place_.verify(); }
  void leave() noexcept override { staged_ ? staged_->leave() : in_place_.leave(); }

 private:
  [[nodiscard]] const Supply& chosen() const { return staged_ ? *staged_ : static_cast<const Supply&>(in_place_); }

  const LookedAt& source_;
  const UpsertOptions& options_;
  const LoadContext& context_;
  const StagingBase& base_;
  const std::string& load_id_;
  InPlace in_place_;
  mutable bool is_in_place_ = false;
  mutable std::unique_ptr<Supply> staged_;
};

}  // namespace

std::optional<std::string> reason_to_stage(const LookedAt& source, const redshift::CatalogTable& table) {
  if (!source.must_be_staged.empty()) return source.must_be_staged;
  bool has_nulls = false;
  bool has_empties = false;
  const auto targets = match_columns(names_of(source), table, source.name);
  const auto types = types_of(targets, table);
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const discovery::Column& column = source.columns[i];
    if (!is_columnar(source) && !is_plain(column.name))
      return fmt::format("COPY might not find its column {}", printable(column.name));
    const auto into = table::parse_type(types[i]);
    if (!into || !(is_columnar(source) ? is_just(column.type, *into) : is_read_alike(column, *into))) {
      return fmt::format("{} is {}, and goes into {}", printable(column.name), to_string(column.type), types[i]);
    }
    if (into->name != TypeName::varchar) continue;
    has_nulls = has_nulls || column.nulls > 0;
    has_empties = has_empties || column.empties > 0;
  }
  if (is_csv(source) && has_nulls && has_empties) {
    return "its columns of text have both NULL and empty text, of which COPY makes the same";
  }
  return std::nullopt;
}

std::unique_ptr<Supply> looked_at_supply(const LookedAt& source, const UpsertOptions& options,
                                         const LoadContext& context, const StagingBase& base,
                                         const std::string& load_id) {
  return std::make_unique<LookedAtSupply>(source, options, context, base, load_id);
}

}  // namespace penstock
