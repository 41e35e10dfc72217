// What the tests of UNLOAD share: statements from their options, rows from text, and a bucket to look into.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/unload/unload_run.h"

namespace penstock::endpoint::testing {

// UNLOAD ('SELECT 1') TO 's3://bucket/p' IAM_ROLE default PARALLEL OFF …; the last two unless the options say
// otherwise.
UnloadStatement unload_of(std::string_view options);
// "id int4, s varchar(5), n numeric(8,2)"
std::vector<ResultColumn> columns_of(std::string_view text);

// A query's result, without a query. After its rows it throws what it was told to.
class Rows final : public UnloadSource {
 public:
  // Each row "1|a<0A>b|NULL".
  Rows(std::vector<ResultColumn> columns, const std::vector<std::string>& rows);
  std::vector<ResultColumn> describe(const std::string& query) override;
  void begin(const std::string& query, const std::vector<bool>& binary) override;
  std::optional<std::span<const ResultField>> next() override;

  bool fails = false;
  std::string query;  // as it was begun

 private:
  std::vector<ResultColumn> columns_;
  std::vector<std::vector<std::optional<std::string>>> rows_;
  std::size_t next_ = 0;
  std::vector<ResultField> row_;
};

// A bucket in memory.
class Target {
 public:
  Target();
  explicit Target(std::unique_ptr<Buckets> buckets);
  [[nodiscard]] UnloadEnvironment environment() const;
  [[nodiscard]] std::map<std::string, std::string> objects() const;  // key → bytes
  void put(const std::string& key) const;

 private:
  std::unique_ptr<Buckets> buckets_;
};

}  // namespace penstock::endpoint::testing
