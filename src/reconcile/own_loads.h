// penstock's own loads, by their records: each is in the table `loads` from the moment that it was committed.
//
// Threads: one. Memory: some 300 bytes a load. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "penstock/reconcile.h"
#include "reconcile/copies.h"

namespace penstock::reconcile {

struct OwnLoad {
  std::string attempt_id{};
  std::string table{};     // schema.table
  Microseconds at{};       // when it was committed
  std::int64_t query = 0;  // of the COPY; 0: not known
  bool is_gone = false;    // its rows were replaced since
  bool is_in_ledger = false;
};

class OwnLoads {
 public:
  // More than that are joined by the cluster, and not held.
  static constexpr std::size_t kMost = 10'000;

  void add(std::string load_id, OwnLoad load) { loads_.insert_or_assign(std::move(load_id), std::move(load)); }
  [[nodiscard]] const OwnLoad* find(std::string_view load_id) const {
    const auto found = loads_.find(load_id);
    return found == loads_.end() ? nullptr : &found->second;
  }
  // Of those that were committed since, by their COPYs.
  [[nodiscard]] OwnCopies copies_since(Microseconds since) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, OwnLoad, Hash, std::equal_to<>> loads_;
};

}  // namespace penstock::reconcile
