// For tests: a bucket of objects, some of them committed, and findings that say so.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "penstock/reconcile_acts.h"
#include "store/faulty.h"

namespace penstock::reconcile {

class ReplayedFindings final : public KeyFindings {
 public:
  explicit ReplayedFindings(std::vector<KeyFinding> findings) : findings_(std::move(findings)) {}
  std::optional<KeyFinding> next() override {
    if (at_ == findings_.size()) return std::nullopt;
    return findings_[at_++];
  }
  [[nodiscard]] const ReconcileSummary& summary() const noexcept override { return summary_; }

 private:
  std::vector<KeyFinding> findings_;
  std::size_t at_ = 0;
  ReconcileSummary summary_;
};

class ActsTrial : public testing::Test {
 protected:
  ActsTrial() {
    for (const char* bucket : {"lake", "archive"}) buckets_->create_bucket(bucket);
    lake_ = buckets_->open("lake");
    archive_ = buckets_->open("archive");
  }

  static void put(KeyFinding& finding, KeySet set) { finding.sets.set(static_cast<std::size_t>(set)); }

  // A key that is there, and may be deleted.
  KeyFinding committed(const std::string& key, const std::string& bytes = "bytes") {
    KeyFinding finding{.key = key, .object = write_all(*lake_, key, bytes), .deletable = true};
    finding.loads.push_back({.etag = finding.object->etag, .table = "web.views", .load_id = "l1", .query = 7});
    for (const KeySet set : {KeySet::in_bucket, KeySet::committed, KeySet::already_committed}) put(finding, set);
    findings_.push_back(finding);
    return finding;
  }
  KeyFinding& pending(const std::string& key) {
    findings_.push_back({.key = key, .object = write_all(*lake_, key, "pending")});
    for (const KeySet set : {KeySet::in_bucket, KeySet::pending}) put(findings_.back(), set);
    return findings_.back();
  }

  [[nodiscard]] ActsContext context() {
    return {.buckets = *buckets_, .stop = stop_.get_token(), .on_key = [this](const KeyAct& act) {
              acts_[act.key] = act;
              told_.push_back(act.key);
            }};
  }
  [[nodiscard]] std::string result_of(const std::string& key) {
    return acts_.contains(key) ? std::string(name_of(acts_.at(key).result)) : "nothing";
  }
  static std::vector<std::string> keys_of(ObjectStore& store) {
    std::vector<std::string> keys;
    const auto listing = store.list("");
    while (auto object = listing->next()) keys.push_back(std::move(object->key));
    return keys;
  }

  FaultPlan plan_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), plan_);
  std::unique_ptr<ObjectStore> lake_;
  std::unique_ptr<ObjectStore> archive_;
  std::vector<KeyFinding> findings_;
  std::stop_source stop_;
  std::map<std::string, KeyAct> acts_;
  std::vector<std::string> told_;
};

}  // namespace penstock::reconcile
