#include "load/parts_supply.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "load/access.h"
#include "load/ledger.h"
#include "load/staged_objects.h"
#include "load/staged_part.h"
#include "penstock/error.h"
#include "table/type.h"

namespace penstock {
namespace {

class PartsSupply final : public Supply {
 public:
  PartsSupply(std::span<const StagedPart> parts, const UpsertOptions& options, const LoadContext& context,
              const StagingBase& base, const std::string& load_id)
      : parts_(parts), context_(context), columns_(columns_of(parts)), manifest_(context, base, load_id) {
    for (const StagedPart& part : parts_) {
      rows_ += part.rows;
      for (const StagedPart::Object& object : part.objects) {
        objects_.push_back({part.bucket, {.key = object.key, .size = object.size, .etag = object.etag}});
      }
    }
    if (options.duplicates == Duplicates::last && options.order_by.empty() && !options.key.empty() && !has_position()) {
      throw Error(
          ErrorKind::refused,
          "which of several rows of a key is the last, these parts don't say: order_by does, or a partition that "
          "each part is staged with");
    }
  }

  [[nodiscard]] std::string name() const override {
    if (parts_.size() == 1) return parts_.front().name;
    return fmt::format("{} staged parts: {} and others", parts_.size(), parts_.front().name);
  }
  [[nodiscard]] std::vector<const SourceObject*> objects() const override {
    std::vector<const SourceObject*> all;
    for (const SourceObject& object : objects_) all.push_back(&object);
    return all;
  }
  [[nodiscard]] std::optional<std::vector<std::string>> column_names() const override {
    std::vector<std::string> names;
    for (const StagedPart::Column& column : columns_) names.push_back(column.name);
    return names;
  }

  std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& /*on_progress*/) override {
    std::vector<discovery::Column> found;
    for (const StagedPart::Column& column : columns_) {
      const table::Type type = *table::parse_type(column.type);
      found.push_back({.name = column.name,
                       .type = type,
                       .tight = type,
                       .why = fmt::format("it was staged from {}", column.source_type)});
    }
    return found;
  }

  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    Batch batch{.columns = match_columns(*column_names(), table, name()),
                .has_position = has_position(),
                .format = redshift::CsvFormat{},
                .compression = kPartCompression,
                .null_as = std::string(staging::kNullText),
                .access = copy_access(context_),
                .region = copy_region(context_)};
    batch.types = types_of(batch.columns, table);
    std::vector<std::string> problems;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto into = table::parse_type(batch.types[i]);
      if (!into) continue;  // text is what it gets
      if (auto why = misfit(columns_[i], *into)) problems.push_back(*std::move(why));
    }
    if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
    return batch;
  }

  [[nodiscard]] std::string manifest_uri() const override { return manifest_.manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override {
    return fmt::format("PUT {}, which names {} ({} objects)", printable(manifest_uri()), printable(name()),
                       objects_.size());
  }

  Provided provide(const Batch&, const std::function<void(const UpsertProgress&)>&) override {
    Provided provided{.objects = objects_.size(), .records = rows_};
    for (const SourceObject& object : objects_) provided.bytes_stored += object.info.size;
    changed_ = changed_since(context_.buckets, objects(), context_.stop);
    if (!objects_.empty()) manifest_.write_manifest(manifest_of(objects_));
    return provided;
  }

  void prepare(redshift::Connection& connection, const Target& target) override {
    make_parts_ledger(connection, target);
  }

  // What was committed is gone: only what was not has to be there.
  std::vector<std::string> known_as(redshift::Transaction& transaction, const Target& target) override {
    std::map<std::string, KnownPart> known;
    for (KnownPart& part : known_parts(transaction, target, ids())) known.emplace(part.part_id, std::move(part));
    if (known.empty()) {
      if (changed_) {
        throw Error(ErrorKind::conflict, fmt::format("{} since it was staged; stage its rows again", *changed_));
      }
      return {};
    }
    std::set<std::string> loads;
    std::vector<std::string> others;
    std::vector<std::string> strangers;
    for (const StagedPart& part : parts_) {
      const auto found = known.find(part.id);
      if (found == known.end()) {
        others.push_back(part.id);
      } else if (found->second.part_sha256 != fingerprint_of(part)) {
        strangers.push_back(part.id);
      } else {
        loads.insert(found->second.load_id);
      }
    }
    if (!strangers.empty()) {
      throw Error(ErrorKind::conflict, fmt::format("the parts {} were committed before, with other objects than these",
                                                   fmt::join(strangers, ", ")));
    }
    if (!others.empty()) {
      throw Error(
          ErrorKind::conflict,
          fmt::format("some of the parts were committed before, by load {}, and {} were not: commit those alone",
                      fmt::join(loads, ", "), fmt::join(others, ", ")));
    }
    return {loads.begin(), loads.end()};
  }

  [[nodiscard]] std::vector<redshift::Statement> remember(const Target& target, const std::string& load_id,
                                                          Instant at) const override {
    std::vector<KnownPart> known;
    for (const StagedPart& part : parts_) {
      known.push_back({.part_id = part.id, .part_sha256 = fingerprint_of(part), .load_id = load_id, .rows = part.rows});
    }
    return record_parts(target, known, at);
  }

  void verify() override {
    if (const auto changed = changed_since(context_.buckets, objects(), context_.stop)) {
      throw Error(ErrorKind::conflict, *changed + " while it was read; stage its rows again");
    }
  }

  void committed() noexcept override {
    try {
      remove_parts(parts_, context_.buckets);
    } catch (const std::exception& e) {
      context_.log.warning(e.what());
      context_.log.warning("what was staged was left behind; sweep removes it");
    }
  }
  void leave() noexcept override { manifest_.leave(); }

 private:
  [[nodiscard]] bool has_position() const { return parts_.front().partition.has_value(); }

  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const StagedPart& part : parts_) ids.push_back(part.id);
    return ids;
  }

  const std::span<const StagedPart> parts_;
  const LoadContext& context_;
  const std::vector<StagedPart::Column> columns_;
  StagedObjects manifest_;
  std::vector<SourceObject> objects_;
  std::uint64_t rows_ = 0;
  std::optional<std::string> changed_;  // since they were staged
};

}  // namespace

std::unique_ptr<Supply> parts_supply(std::span<const StagedPart> parts, const UpsertOptions& options,
                                     const LoadContext& context, const StagingBase& base, const std::string& load_id) {
  return std::make_unique<PartsSupply>(parts, options, context, base, load_id);
}

void remove_parts(std::span<const StagedPart> parts, Buckets& buckets) {
  std::map<std::string, std::vector<std::string>> keys;
  for (const StagedPart& part : parts) {
    for (const StagedPart::Object& object : part.objects) keys[part.bucket].push_back(object.key);
  }
  for (const auto& [bucket, of_bucket] : keys) {
    const auto store = buckets.open(bucket);
    store->remove(of_bucket, {.even_when_stopped = true});
  }
}

}  // namespace penstock
