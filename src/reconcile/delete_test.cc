#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "reconcile/acts_trial.h"
#include "reconcile/classify.h"

namespace penstock::reconcile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DeleteCommitted : public ActsTrial {
 protected:
  DeleteCommitted() { std::filesystem::create_directory(folder_); }
  ~DeleteCommitted() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] DeleteOptions options() const { return {.source = "s3://lake/in", .journal = journal()}; }
  [[nodiscard]] std::string journal() const { return folder_ + "/journal.jsonl"; }
  ActsSummary remove() { return remove(options()); }
  ActsSummary remove(const DeleteOptions& options) {
    ReplayedFindings findings(findings_);
    return delete_committed(findings, options, context());
  }
  [[nodiscard]] std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> lines;
    std::ifstream file(journal());
    for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  [[nodiscard]] std::set<std::string> noted(std::string_view act) const {
    std::set<std::string> uris;
    for (const auto& line : lines()) {
      if (line.at("act") == act) uris.insert(line.at("uri"));
    }
    return uris;
  }
  std::vector<std::string> keys() { return keys_of(*lake_); }

  std::mutex versions_;
  std::set<std::string> overwritten_;
  const std::string folder_ = fmt::format("{}/penstock-delete-{}", testing::TempDir(), ::getpid());
};

TEST_F(DeleteCommitted, DeletesWhatMayBeDeletedAndKeepsTheRest) {
  committed("in/a");
  pending("in/b");
  put(pending("in/c"), KeySet::overwritten);
  findings_.back().why = "written later";
  committed("in/d");
  findings_.back().deletable = false;
  findings_.back().why = "by its times alone";
  put(pending("in/e"), KeySet::ambiguous);
  findings_.push_back({.key = "in/f"});
  put(findings_.back(), KeySet::gone);
  const ActsSummary summary = remove();
  EXPECT_THAT(keys(), ElementsAre("in/b", "in/c", "in/d", "in/e"));
  EXPECT_EQ(summary.of(ActResult::deleted).keys, 1U);
  EXPECT_EQ(summary.of(ActResult::deleted).bytes, 5U);
  EXPECT_EQ(result_of("in/b"), "nothing");
  EXPECT_EQ(result_of("in/c"), "overwritten");
  EXPECT_EQ(acts_.at("in/c").reason, "written later");
  EXPECT_EQ(result_of("in/d"), "not_provable");
  EXPECT_EQ(acts_.at("in/d").reason, "by its times alone");
  EXPECT_EQ(result_of("in/e"), "not_provable");
  EXPECT_EQ(result_of("in/f"), "nothing");
}

TEST_F(DeleteCommitted, WhatWasOverwrittenSinceItWasFoundStays) {
  for (const char* key : {"in/a", "in/b", "in/c"}) committed(key);
  write_all(*lake_, "in/a", "newer");
  plan_.add({.call = StoreCall::remove_if_unchanged, .key_contains = "in/b", .act = [this] {
               write_all(*lake_, "in/b", "newer");
             }});
  const ActsSummary summary = remove();
  EXPECT_THAT(keys(), ElementsAre("in/a", "in/b"));
  EXPECT_EQ(summary.of(ActResult::changed).keys, 2U);
  EXPECT_EQ(read_all(*lake_, "in/b", 10), "newer");
  EXPECT_THAT(acts_.at("in/b").reason, HasSubstr("overwritten since"));
  EXPECT_EQ(noted("changed"), (std::set<std::string>{"s3://lake/in/a", "s3://lake/in/b"}));
}

TEST_F(DeleteCommitted, TheJournalNamesAKeyBeforeItsRemovalIsAskedFor) {
  for (const char* key : {"in/a", "in/b"}) committed(key);
  std::set<std::string> before;
  plan_.add({.call = StoreCall::remove_if_unchanged, .act = [&] { before = noted("intended"); }});
  remove();
  EXPECT_EQ(before, (std::set<std::string>{"s3://lake/in/a", "s3://lake/in/b"}));
  EXPECT_EQ(noted("deleted"), before);
  const nlohmann::json first = lines().at(0);
  EXPECT_EQ(first.at("etag"), findings_.at(0).object->etag);
  EXPECT_EQ(first.at("size"), 5);
  EXPECT_EQ(first.at("table"), "web.views");
  EXPECT_EQ(first.at("load_id"), "l1");
  EXPECT_EQ(first.at("query"), 7);
}

TEST_F(DeleteCommitted, DeletesNothingWithoutAJournal) {
  committed("in/a");
  DeleteOptions options = this->options();
  options.journal = folder_ + "/no/such/folder";
  EXPECT_THROW(remove(options), Error);
  options.journal = "/dev/full";
  const ActsSummary summary = remove(options);
  ASSERT_TRUE(summary.stopped);
  EXPECT_THAT(summary.stopped->what(), HasSubstr("/dev/full"));
  EXPECT_THAT(keys(), ElementsAre("in/a"));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(DeleteCommitted, AJournalIsAppendedTo) {
  committed("in/a");
  remove();
  findings_.clear();
  committed("in/b");
  remove();
  EXPECT_EQ(noted("deleted"), (std::set<std::string>{"s3://lake/in/a", "s3://lake/in/b"}));
  EXPECT_NE(lines().at(0).at("run"), lines().at(2).at("run"));
}

TEST_F(DeleteCommitted, ALostAnswerIsSettledByWhatIsThere) {
  for (const char* key : {"in/a", "in/b", "in/c"}) committed(key);
  plan_.add({.call = StoreCall::remove_if_unchanged, .key_contains = "in/a", .when = Fault::When::after});
  plan_.add({.call = StoreCall::remove_if_unchanged, .key_contains = "in/b", .when = Fault::When::after, .act = [this] {
               write_all(*lake_, "in/b", "newer");
               throw Error(ErrorKind::unavailable, "lost");
             }});
  ActsSummary summary = remove();
  EXPECT_EQ(result_of("in/a"), "deleted");
  EXPECT_EQ(result_of("in/b"), "changed");
  EXPECT_FALSE(summary.stopped);
  committed("in/d");
  plan_.add({.call = StoreCall::remove_if_unchanged, .key_contains = "in/d"});
  summary = remove();
  EXPECT_EQ(result_of("in/d"), "failed");
  EXPECT_TRUE(summary.stopped) << "what S3 does not carry out, it will not for the next key";
  EXPECT_THAT(keys(), ElementsAre("in/b", "in/d"));
}

TEST_F(DeleteCommitted, WhatWasRemovedMeanwhileIsNoFailure) {
  committed("in/a");
  lake_->remove(std::vector<std::string>{"in/a"});
  EXPECT_FALSE(remove().stopped);
  EXPECT_EQ(result_of("in/a"), "deleted") << "it is no longer there";
}

TEST_F(DeleteCommitted, OnlyWhatHasAProvedCopyWhereThatIsAsked) {
  const KeyFinding a = committed("in/a");
  const KeyFinding b = committed("in/b");
  committed("in/c");
  const KeyFinding d = committed("in/d", "older");
  archive_->copy(*a.object, *lake_, "old/a");
  write_all(*archive_, "old/b", "other");
  archive_->copy(*d.object, *lake_, "old/d");
  write_all(*lake_, "in/d", "newer");
  findings_.at(3).object = lake_->head("in/d");
  write_all(*archive_, "old/c", "BYTES", {.metadata = {{"penstock-copied-etag", "x"}}});
  DeleteOptions options = this->options();
  options.only_copied_to = "s3://archive/old";
  const ActsSummary summary = remove(options);
  EXPECT_THAT(keys(), ElementsAre("in/b", "in/c", "in/d"));
  EXPECT_EQ(summary.of(ActResult::not_copied).keys, 3U);
  EXPECT_EQ(noted("intended"), (std::set<std::string>{"s3://lake/in/a"}));
}

TEST_F(DeleteCommitted, ACopyThatCannotBeLookedAtKeepsItsOriginal) {
  const KeyFinding a = committed("in/a");
  archive_->copy(*a.object, *lake_, "old/a");
  plan_.add({.call = StoreCall::head, .key_contains = "old/a", .kind = ErrorKind::denied});
  DeleteOptions options = this->options();
  options.only_copied_to = "s3://archive/old";
  remove(options);
  EXPECT_EQ(result_of("in/a"), "failed");
  EXPECT_THAT(keys(), ElementsAre("in/a"));
}

TEST_F(DeleteCommitted, ADryRunSaysInOrderAndDeletesNothing) {
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) all.push_back(committed(fmt::format("in/{:03}", i)).key);
  DeleteOptions options{.source = "s3://lake/in", .dry_run = true};
  EXPECT_EQ(remove(options).of(ActResult::planned).keys, 50U);
  EXPECT_EQ(told_, all);
  EXPECT_EQ(keys(), all);
  EXPECT_FALSE(std::filesystem::exists(journal()));
}

TEST_F(DeleteCommitted, DeletesOnlyTheVersionsThatWereAgreedTo) {
  for (const char* key : {"in/a", "in/b", "in/c\n", "in/d"}) committed(key);
  AgreedKeys agreed([](std::string_view) { return std::nullopt; });
  for (const std::size_t i : {0U, 1U, 2U}) agreed.add({.key = findings_[i].key, .etag = findings_[i].object->etag});
  findings_[1].object = write_all(*lake_, "in/b", "newer");
  DeleteOptions options = this->options();
  options.agreed = &agreed;
  const ActsSummary summary = remove(options);
  EXPECT_THAT(keys(), ElementsAre("in/b", "in/d"));
  EXPECT_EQ(summary.of(ActResult::not_agreed).keys, 2U);
}

TEST_F(DeleteCommitted, StopsWhenAskedAndSaysWhatWasDone) {
  for (int i = 0; i < 300; ++i) committed(fmt::format("in/{:03}", i));
  plan_.add({.call = StoreCall::remove_if_unchanged, .nth = 50, .act = [this] { stop_.request_stop(); }});
  const ActsSummary summary = remove();
  ASSERT_TRUE(summary.stopped);
  EXPECT_EQ(summary.stopped->kind(), ErrorKind::cancelled);
  const std::size_t left = keys().size();
  EXPECT_GT(left, 100U);
  EXPECT_EQ(summary.of(ActResult::deleted).keys, 300 - left);
  EXPECT_EQ(noted("deleted").size(), 300 - left);
  EXPECT_EQ(noted("not_tried").size(), left);
}

class HeedlessStore : public DeleteCommitted {};

TEST_F(HeedlessStore, IsRefusedBeforeAnythingIsDeleted) {
  committed("in/a");
  plan_.add({.call = StoreCall::removes_in_one_step, .kind = ErrorKind::refused, .message = "no such condition"});
  EXPECT_THROW(remove(), Error);
  EXPECT_THAT(keys(), ElementsAre("in/a"));
  EXPECT_FALSE(std::filesystem::exists(journal()));
}

// Random objects and loads, judged by classify(), and overwritten while they are deleted: what is gone afterwards was
// committed as the very version that is gone.
TEST_F(DeleteCommitted, NeverDeletesAVersionThatNoLoadCommitted) {
  std::mt19937 random(7);
  const auto one_of = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  std::uint64_t deleted = 0;
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    findings_.clear();
    plan_.clear();
    std::set<std::pair<std::string, std::string>> committed_versions;
    std::map<std::string, std::string> last_version;
    for (int i = 0; i < 30; ++i) {
      const std::string key = fmt::format("in/{}{:02}", one_of(2) == 0 ? "a b/" : "+%/", i);
      KeyFinding finding{.key = key};
      for (int version = one_of(3); version >= 0; --version) {
        const ObjectInfo object = write_all(*lake_, key, fmt::format("{} {}", round, one_of(4)));
        for (int load = one_of(3); load > 0; --load) {
          constexpr std::array kStates{LoadState::committed,   LoadState::committed,   LoadState::superseded,
                                       LoadState::rolled_back, LoadState::in_progress, LoadState::failed};
          const LoadState state = kStates.at(static_cast<std::size_t>(one_of(6)));
          finding.loads.push_back({.state = state,
                                   .at = object.last_modified + std::chrono::seconds(one_of(5) - 2),
                                   .etag = one_of(4) == 0 ? "" : object.etag,
                                   .table = "web.views",
                                   .load_id = "l",
                                   .in_ledger = true});
          if (state == LoadState::committed) committed_versions.emplace(key, object.etag);
        }
        last_version[key] = object.etag;
      }
      if (one_of(8) == 0) lake_->remove(std::vector<std::string>{key});
      finding.object = lake_->head(key);
      classify(finding, Window{});
      findings_.push_back(std::move(finding));
    }
    for (int n = 1; n < 40; n += 1 + one_of(6)) {
      const std::string key = findings_[static_cast<std::size_t>(one_of(30))].key;
      plan_.add({.call = StoreCall::remove_if_unchanged, .nth = n, .act = [&, key] {
                   write_all(*lake_, key, "newer");
                   const auto lock = std::scoped_lock(versions_);
                   overwritten_.insert(key);
                 }});
    }
    overwritten_.clear();
    deleted += remove().of(ActResult::deleted).keys;
    for (const KeyFinding& finding : findings_) {
      if (!finding.object) continue;
      const auto now = lake_->head(finding.key);
      if (overwritten_.contains(finding.key)) {
        EXPECT_TRUE(now && read_all(*lake_, finding.key, 10) == "newer") << finding.key;
      } else if (!now) {
        EXPECT_TRUE(committed_versions.contains({finding.key, finding.object->etag})) << finding.key;
      }
    }
    lake_->remove(keys());
  }
  EXPECT_GT(deleted, 300U) << "or there is nothing to err in";
}

TEST(ProblemsOfDelete, AreSaid) {
  EXPECT_THAT(problems_of(DeleteOptions{.source = "s3://lake/in", .only_copied_to = "s3://lake/in/old"}),
              ElementsAre(HasSubstr("lies below"), HasSubstr("journal")));
  EXPECT_THAT(problems_of(DeleteOptions{.source = "s3://lake/in", .journal = "j"}), IsEmpty());
}

}  // namespace
}  // namespace penstock::reconcile
