// What the tests of COPY from Parquet and ORC share: the tables that go into the files, and what refuses them.
//
// Threads: one. Errors: what Arrow can't make fails the test.
#pragma once

#include <arrow/builder.h>
#include <arrow/table.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/copy/testing/copy_trial.h"

namespace penstock::endpoint::testing {

template <typename T>
T good(arrow::Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).ValueOrDie();
}

struct Column {
  std::string name;
  std::shared_ptr<arrow::Array> values;
};

// These, and a NULL behind them.
template <typename Builder, typename... Values>
std::shared_ptr<arrow::Array> array_with(Builder builder, const Values&... values) {
  const bool appended = (builder.Append(values).ok() && ...) && builder.AppendNull().ok();
  EXPECT_TRUE(appended);
  return good(builder.Finish());
}

inline std::shared_ptr<arrow::Table> arrow_table(const std::vector<Column>& columns) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const Column& column : columns) {
    fields.push_back(arrow::field(column.name, column.values->type()));
    arrays.push_back(column.values);
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

class ColumnarTrial : public ::testing::Test, protected CopyTrial {
 protected:
  using CopyTrial::CopyTrial;
  // The block of the error that the statement fails with.
  std::string refusal(std::string_view table, const std::string& options = {},
                      const std::string& source = "s3://bucket/k") {
    const SqlError error = refused(table, options, source);
    EXPECT_EQ(error.sqlstate, "XX000");
    return error.detail;
  }
};

}  // namespace penstock::endpoint::testing
