// The text of penstock/store.h as tests, for every store.
//
// A store's own test file says how to start one:
//     INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values(&start_memory));
// Each test has its own StoreOnTrial, and in it a bucket of its own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "penstock/store.h"

namespace penstock {

class StoreOnTrial {
 public:
  virtual ~StoreOnTrial() = default;
  virtual Buckets& buckets() = 0;
  // Why the server behind this store can't hold the key beside those that it holds already; empty: it can. A store
  // itself makes no exceptions.
  [[nodiscard]] virtual std::string server_refuses(std::string_view /*key*/,
                                                   std::span<const std::string> /*held*/) const {
    return {};
  }
};

class StoreConformance : public testing::TestWithParam<std::unique_ptr<StoreOnTrial> (*)()> {
 protected:
  void SetUp() override;
  std::string new_bucket();  // created, and nobody else's

  std::unique_ptr<StoreOnTrial> trial_;
  std::string bucket_;
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace penstock
