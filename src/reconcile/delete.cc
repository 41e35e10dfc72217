#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "base/in_parallel.h"
#include "base/text.h"
#include "load/attempt.h"
#include "penstock/reconcile_acts.h"
#include "reconcile/acting.h"
#include "reconcile/copy_place.h"
#include "reconcile/journal.h"
#include "reconcile/source.h"

namespace penstock {
namespace reconcile {
namespace {

constexpr std::size_t kInFlight = 32;

// A key, and as `planned` that it may go; anything else is why it is kept.
struct Item {
  KeyAct act;
  ObjectInfo object;
  KeyLoad load{};  // that committed it

  [[nodiscard]] bool is_to_go() const noexcept { return act.result == ActResult::planned; }
};

class Deletion {
 public:
  Deletion(const DeleteOptions& options, const ActsContext& context)
      : options_(options), store_(context.buckets.open(parse_source(options.source).bucket)), acting_(context) {
    if (!options.only_copied_to.empty()) {
      place_.emplace(options.source, options.only_copied_to);
      copies_ = context.buckets.open(place_->bucket());
      copies_->list(place_->prefix())->next();  // a bucket that is missing or closed fails here, not a key at a time
    }
    if (!options.dry_run) {
      require_one_step();
      journal_.emplace(options.journal);
    }
  }

  ActsSummary run(KeyFindings& findings) {
    for (;;) {
      std::vector<Item> items = take(findings);
      if (items.empty()) return acting_.summary();
      if (copies_) look_for_copies(items);
      if (journal_) remove(items);
      for (const Item& item : items) {
        if (options_.dry_run || !item.is_to_go()) acting_.tell(item.act);
      }
    }
  }

 private:
  // An object that is written between a server's look and its removal would be lost.
  void require_one_step() {
    if (store_->removes_in_one_step(fmt::format("_penstock/staged/{}/version", new_id()))) return;
    throw Error(
        ErrorKind::refused,
        fmt::format("delete below {}: this S3 server removes an object whatever its version (it pays no heed to "
                    "If-Match), so that one that is overwritten at that moment would be lost; nothing was "
                    "deleted",
                    printable(options_.source)));
  }

  std::vector<Item> take(KeyFindings& findings) {
    std::vector<Item> items;
    while (items.size() < kKeysAtOnce) {
      auto finding = acting_.next(findings);
      if (!finding) break;
      if (auto item = judge(*std::move(finding))) items.push_back(*std::move(item));
    }
    return items;
  }

  // nullopt: it is none of ours: not there, or not committed.
  std::optional<Item> judge(KeyFinding finding) const {
    const bool is_overwritten = finding.is_in(KeySet::overwritten);
    const bool may_be_committed = finding.is_in(KeySet::already_committed) || finding.is_in(KeySet::ambiguous);
    if (!finding.object || (!is_overwritten && !may_be_committed)) return std::nullopt;
    Item item{.act = {.key = finding.key, .size = finding.object->size, .etag = finding.object->etag},
              .object = *std::move(finding.object)};
    item.act.reason = finding.why;
    if (!finding.deletable) {
      item.act.result = is_overwritten ? ActResult::overwritten : ActResult::not_provable;
      return item;
    }
    const bool is_agreed = options_.agreed == nullptr || options_.agreed->has(item.act.key, item.act.etag);
    item.act.result = is_agreed ? ActResult::planned : ActResult::not_agreed;
    if (!is_agreed) item.act.reason = "it may be deleted only since the question was asked";
    for (KeyLoad& load : finding.loads) {
      if (load.state == LoadState::committed && load.etag == item.object.etag) item.load = std::move(load);
    }
    return item;
  }

  void look_for_copies(std::vector<Item>& items) {
    in_parallel(items.size(), kInFlight, [&](std::size_t i) {
      if (!items[i].is_to_go() || !acting_.goes_on()) return;
      acting_.attempt(items[i].act, [&](KeyAct& act) {
        const std::string key = place_->key_for(act.key);
        act.target = copies_->uri_of(key);
        const auto copy = copies_->head(key);
        if (copy && is_copy(*copy, items[i].object)) return;
        act.result = ActResult::not_copied;
        act.reason = copy ? why_no_copy(*copy, items[i].object) : "there is no copy";
      });
    });
  }

  void remove(std::vector<Item>& items) {
    const auto to_go = [](const Item& item) { return item.is_to_go(); };
    std::vector<Item*> going;
    for (Item& item : items | std::views::filter(to_go)) going.push_back(&item);
    if (!acting_.goes_on()) return;
    if (!note([&] {
          for (const Item* item : going) journal_->intend(uri_of(*item), item->object, item->load);
        })) {
      return;
    }
    in_parallel(going.size(), kInFlight, [&](std::size_t i) {
      if (!acting_.goes_on()) return;
      acting_.attempt(going[i]->act, [&](KeyAct& act) { remove_one(going[i]->object, act); });
    });
    note([&] {
      for (const Item* item : going) {
        const bool is_tried = !item->is_to_go();
        journal_->settle(uri_of(*item), item->object, is_tried ? name_of(item->act.result) : "not_tried",
                         item->act.reason);
      }
    });
  }

  // Into the journal. False: it could not be written, and all stops.
  template <typename Say>
  bool note(const Say& say) {
    try {
      say();
      journal_->write();
      return true;
    } catch (const Error& e) {
      acting_.stop(e);
      return false;
    }
  }

  void remove_one(const ObjectInfo& object, KeyAct& act) {
    try {
      if (store_->remove_if_unchanged(object)) {
        act.result = ActResult::deleted;
        return;
      }
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::unavailable) throw;
      // Only the answer may have been lost.
      const auto now = store_->head(object.key);
      if (now && now->etag == object.etag) throw;
      return settle(now, act, ActResult::deleted);
    }
    const auto now = store_->head(object.key);
    if (now && now->etag == object.etag) {
      throw Error(ErrorKind::refused,
                  fmt::format("remove {}: S3 says that it is no longer the version of ETag {}, and shows that it is",
                              printable(store_->uri_of(object.key)), object.etag));
    }
    settle(now, act, ActResult::gone);
  }

  static void settle(const std::optional<ObjectInfo>& now, KeyAct& act, ActResult if_absent) {
    act.result = now ? ActResult::changed : if_absent;
    if (now) act.reason = fmt::format("it was overwritten since it was found: its ETag is {} now", now->etag);
    if (act.result == ActResult::gone) act.reason = "it was removed since it was found";
  }

  [[nodiscard]] std::string uri_of(const Item& item) const { return store_->uri_of(item.act.key); }

  const DeleteOptions& options_;
  const std::unique_ptr<ObjectStore> store_;
  std::optional<CopyPlace> place_;
  std::unique_ptr<ObjectStore> copies_;
  std::optional<Journal> journal_;
  Acting acting_;
};

}  // namespace
}  // namespace reconcile

std::vector<std::string> problems_of(const DeleteOptions& options) {
  std::vector<std::string> problems;
  const auto try_to = [&](const auto& act) {
    try {
      act();
    } catch (const Error& e) {
      problems.emplace_back(e.what());
    }
  };
  if (options.only_copied_to.empty()) {
    try_to([&] { reconcile::parse_source(options.source); });
  } else {
    try_to([&] { reconcile::CopyPlace(options.source, options.only_copied_to); });
  }
  if (options.journal.empty() && !options.dry_run) {
    problems.emplace_back("nothing is deleted without a journal: name a file for it");
  }
  return problems;
}

ActsSummary delete_committed(KeyFindings& findings, const DeleteOptions& options, const ActsContext& context) {
  return reconcile::Deletion(options, context).run(findings);
}

}  // namespace penstock
