#include "reconcile/copies.h"

#include <gtest/gtest.h>

#include <vector>

namespace penstock::reconcile {
namespace {

using Status = CopyEvidence::Status;

TEST(CopyState, IsCommittedOnlyWhereThatIsCertain) {
  struct Case {
    const char* what;
    CopyEvidence evidence;
    LoadState state;
  };
  const std::vector<Case> cases{
      {"its transaction's COMMIT", {.has_commit = true}, LoadState::committed},
      {"it was told while the transaction was open", {.has_commit = true, .is_open = true}, LoadState::committed},
      {"ROLLBACK", {.has_rollback = true}, LoadState::rolled_back},
      {"COMMIT, undone", {.has_commit = true, .has_rollback = true}, LoadState::unknown},
      {"COMMIT after an error", {.has_commit = true, .has_failed_statement = true}, LoadState::unknown},
      {"COMMIT, but perhaps NOLOAD", {.has_text = false, .has_commit = true}, LoadState::unknown},
      {"the COPY failed", {.status = Status::aborted}, LoadState::failed},
      {"it failed, whatever came after", {.status = Status::aborted, .has_commit = true}, LoadState::failed},
      {"it runs", {.status = Status::running}, LoadState::in_progress},
      {"its transaction is open", {.is_open = true, .end_would_be_known = true}, LoadState::in_progress},
      {"an error in an open transaction", {.has_failed_statement = true, .is_open = true}, LoadState::in_progress},
      {"the session died", {.end_would_be_known = true}, LoadState::rolled_back},
      {"nothing is known", {}, LoadState::unknown},
  };
  for (const Case& c : cases) EXPECT_EQ(state_of(c.evidence), c.state) << c.what;
}

TEST(CopyState, OfTwoWitnessesIsWhatTheOneKnows) {
  for (const auto state : {LoadState::committed, LoadState::rolled_back, LoadState::failed, LoadState::in_progress,
                           LoadState::superseded}) {
    EXPECT_EQ(agreed(state, LoadState::unknown), state);
    EXPECT_EQ(agreed(LoadState::unknown, state), state);
    EXPECT_EQ(agreed(state, state), state);
  }
  EXPECT_EQ(agreed(LoadState::in_progress, LoadState::committed), LoadState::committed) << "it ended in between";
  EXPECT_EQ(agreed(LoadState::rolled_back, LoadState::in_progress), LoadState::rolled_back);
  EXPECT_EQ(agreed(LoadState::committed, LoadState::rolled_back), LoadState::unknown) << "they contradict each other";
  EXPECT_EQ(agreed(LoadState::committed, LoadState::superseded), LoadState::superseded);
}

}  // namespace
}  // namespace penstock::reconcile
