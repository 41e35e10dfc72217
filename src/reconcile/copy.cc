#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/in_parallel.h"
#include "penstock/reconcile_acts.h"
#include "reconcile/acting.h"
#include "reconcile/copy_place.h"
#include "reconcile/source.h"

namespace penstock {
namespace reconcile {
namespace {

constexpr std::size_t kInFlight = 16;

class Copying {
 public:
  Copying(const CopyOptions& options, const ActsContext& context)
      : options_(options),
        place_(options.source, options.target),
        from_(context.buckets.open(parse_source(options.source).bucket)),
        to_(context.buckets.open(place_.bucket())),
        acting_(context) {
    to_->list(place_.prefix())->next();  // a bucket that is missing or closed fails here, and not a key at a time
  }

  ActsSummary run(KeyFindings& findings) {
    for (;;) {
      const std::vector<ObjectInfo> objects = take(findings);
      if (objects.empty()) return acting_.summary();
      in_parallel(objects.size(), kInFlight, [&](std::size_t i) {
        if (!acting_.goes_on()) return;
        const ObjectInfo& object = objects[i];
        KeyAct act{.key = object.key, .size = object.size, .etag = object.etag};
        acting_.attempt(act, [&](KeyAct& one) { copy(object, one); });
        acting_.tell(act);
      });
    }
  }

 private:
  std::vector<ObjectInfo> take(KeyFindings& findings) {
    std::vector<ObjectInfo> objects;
    while (objects.size() < kKeysAtOnce) {
      auto finding = acting_.next(findings);
      if (!finding) break;
      if (finding->object && finding->is_in(KeySet::already_committed)) objects.push_back(*std::move(finding->object));
    }
    return objects;
  }

  void copy(const ObjectInfo& object, KeyAct& act) {
    const std::string key = place_.key_for(object.key);
    act.target = to_->uri_of(key);
    if (const auto there = to_->head(key)) return judge(*there, object, act);
    if (options_.dry_run) {
      act.result = ActResult::planned;
      return;
    }
    try {
      to_->copy(object, *from_, key,
                {.only_if_absent = true,
                 .added_metadata = {{std::string(kCopiedEtag), object.etag}},
                 .storage_class = options_.storage_class});
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::conflict && e.kind() != ErrorKind::not_found) throw;
      if (const auto there = to_->head(key)) return judge(*there, object, act);
      if (is_source_as_found(object, act)) throw;
      return;
    }
    verify(key, object, act);
  }

  // Of what was at the target before.
  static void judge(const ObjectInfo& there, const ObjectInfo& object, KeyAct& act) {
    const bool is_same = is_copy(there, object);
    act.result = is_same ? ActResult::there_already : ActResult::taken;
    if (!is_same) act.reason = why_no_copy(there, object);
  }

  void verify(const std::string& key, const ObjectInfo& object, KeyAct& act) {
    const auto there = to_->head(key);
    if (!there) throw Error(ErrorKind::conflict, "it was copied, and its copy was removed again");
    const bool is_same = is_copy(*there, object);
    act.result = is_same ? ActResult::copied : ActResult::taken;
    if (!is_same) act.reason = why_no_copy(*there, object) + "; it was written after the copy";
  }

  bool is_source_as_found(const ObjectInfo& object, KeyAct& act) {
    const auto now = from_->head(object.key);
    if (now && now->etag == object.etag) return true;
    act.result = now ? ActResult::changed : ActResult::gone;
    act.reason = now ? "it was overwritten since it was found" : "it was removed since it was found";
    return false;
  }

  const CopyOptions& options_;
  const CopyPlace place_;
  const std::unique_ptr<ObjectStore> from_;
  const std::unique_ptr<ObjectStore> to_;
  Acting acting_;
};

}  // namespace
}  // namespace reconcile

std::vector<std::string> problems_of(const CopyOptions& options) {
  std::vector<std::string> problems;
  try {
    reconcile::CopyPlace(options.source, options.target);
  } catch (const Error& e) {
    problems.emplace_back(e.what());
  }
  return problems;
}

ActsSummary copy_committed(KeyFindings& findings, const CopyOptions& options, const ActsContext& context) {
  return reconcile::Copying(options, context).run(findings);
}

}  // namespace penstock
