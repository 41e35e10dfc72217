// PARTITION BY: which columns, the query that brings each partition's rows together, and the folders' names.
//
// Pure. Errors: SqlError for columns that can't be partitioned by.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "endpoint/sql/unload_statement.h"
#include "endpoint/unload/unload_run.h"

namespace penstock::endpoint {

struct Partitioning {
  std::vector<std::size_t> keys;  // columns of the query, in the order of PARTITION BY
  std::vector<std::size_t> kept;  // columns that the files hold
};

// Without PARTITION BY: no keys, every column kept.
Partitioning partitioning(const UnloadStatement& statement, const std::vector<ResultColumn>& columns);
// The query's columns, and behind them each key as text. A partition's rows follow one another, in the query's order.
std::string by_partition(const std::string& query, std::size_t columns, std::span<const std::size_t> keys);
// "year=2019/month=September/", as Hive writes it: NULL has a name of its own, and what would break a path is %XX.
std::string partition_folder(const UnloadStatement& statement, std::span<const ResultField> values);

}  // namespace penstock::endpoint
