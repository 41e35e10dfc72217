// For tests: objects and loads as they are given.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "penstock/store.h"
#include "reconcile/load_stream.h"

namespace penstock::reconcile {

template <typename Item, typename Interface>
class Replayed : public Interface {
 public:
  explicit Replayed(std::vector<Item> items) : items_(std::move(items)) {}
  std::optional<Item> next() override {
    if (at_ == items_.size()) return std::nullopt;
    return items_[at_++];
  }

 private:
  const std::vector<Item> items_;
  std::size_t at_ = 0;
};

using ReplayedObjects = Replayed<ObjectInfo, ObjectListing>;

class ReplayedLoads final : public Replayed<LoadOfKey, LoadStream> {
 public:
  using Replayed::Replayed;
  [[nodiscard]] std::vector<std::string> notes() const override { return {}; }
};

}  // namespace penstock::reconcile
