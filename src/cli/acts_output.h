// What became of the keys that are copied or deleted, as people and programs read it.
//
// Threads: one at a time. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>

#include "cli/progress.h"
#include "penstock/log.h"
#include "penstock/reconcile_acts.h"

namespace penstock::cli {

class ActsOutput {
 public:
  enum class Form { words, json, json_lines };

  ActsOutput(Form form, std::ostream& out, Log& log) : form_(form), out_(out), log_(log) {}
  // In words a key is named where it was not done, in the log; of many, the first. Of a dry run, each that would be.
  void add(const KeyAct& act);
  void finish(const ActsSummary& summary, std::string_view journal);  // journal: "" for none

 private:
  void name(const KeyAct& act);

  const Form form_;
  std::ostream& out_;
  Log& log_;
  Progress progress_;
  std::uint64_t keys_ = 0;
  std::size_t named_ = 0;
};

// What it comes to: 1 a key failed; 4 a key was kept as it, or its target, is another object than it was thought to be.
int exit_code_of(const ActsSummary& summary);

}  // namespace penstock::cli
