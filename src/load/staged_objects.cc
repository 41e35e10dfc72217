#include "load/staged_objects.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/text.h"
#include "format/manifest.h"
#include "penstock/error.h"

namespace penstock {

staging::Staged stage_parts(std::span<const staging::Input> inputs, ObjectStore& store, const std::string& folder,
                            const std::string& id, staging::StageOptions how, const std::stop_token& stop) {
  how.compression = Compression::gzip;
  how.metadata = {{"penstock-load", id}};
  try {
    return staging::stage(inputs, store, folder, how, stop);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::conflict) throw;
    throw Error(ErrorKind::unavailable, e.what());  // the source is what it was: an upload of ours was taken away
  }
}

StagedObjects::StagedObjects(const LoadContext& context, const StagingBase& base, const std::string& load_id)
    : store_(context.buckets.open(base.bucket)),
      load_id_(load_id),
      prefix_(fmt::format("{}staged/{}/", base.prefix, load_id)),
      log_(context.log) {}

StagedObjects::~StagedObjects() {
  if (keys_.empty() && !owns_prefix_) return;
  try {
    if (owns_prefix_) {
      const auto listing = store_->list(prefix_);
      while (auto object = listing->next()) keys_.push_back(std::move(object->key));
    }
    store_->remove(keys_, {.even_when_stopped = true});
  } catch (const std::exception& e) {
    log_.warning(e.what());
    log_.warning(fmt::format("what was staged was left behind at {}", printable(store_->uri_of(prefix_))));
  }
}

std::string StagedObjects::manifest_uri() const { return store_->uri_of(manifest_key()); }

staging::Staged StagedObjects::stage(std::span<const staging::Input> inputs, staging::StageOptions how,
                                     const std::stop_token& stop) {
  staging::Staged staged = stage_parts(inputs, *store_, prefix_, load_id_, std::move(how), stop);
  std::vector<ObjectInfo> parts;
  parts.reserve(staged.parts.size());
  for (const staging::Part& part : staged.parts) parts.push_back(part.object);
  take(parts);
  return staged;
}

void StagedObjects::take(std::span<const ObjectInfo> objects) {
  if (objects.empty()) return;
  std::vector<format::ManifestEntry> entries;
  for (const ObjectInfo& object : objects) {
    keys_.push_back(object.key);
    entries.push_back({store_->uri_of(object.key), true, object.size});
  }
  write_manifest(format::manifest_text(entries));
}

void StagedObjects::write_manifest(std::string_view text) {
  keys_.push_back(manifest_key());
  write_all(*store_, keys_.back(), text, {.only_if_absent = true});
}

void StagedObjects::leave() noexcept {
  if (keys_.empty() && !owns_prefix_) return;
  log_.warning(fmt::format("what was staged stays at {}", printable(store_->uri_of(prefix_))));
  keys_.clear();
  owns_prefix_ = false;
}

}  // namespace penstock
