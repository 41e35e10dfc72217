// COPY from a bucket in memory, whose rows are kept as text; no database has part in it.
//
// Threads: one. Lifetime: the buckets outlive what opened() gives.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/testing/binary_copy.h"
#include "penstock/store.h"

namespace penstock::endpoint::testing {

// The buckets of a test, as a COPY opens them.
std::unique_ptr<Buckets> opened(Buckets& buckets);

class CopyTrial {
 protected:
  explicit CopyTrial(std::string options);                   // of each COPY that names none
  void put(const std::string& key, std::string_view bytes);  // into s3://bucket
  CopyReport run(std::string_view table, const std::string& options = {}, const std::string& source = "s3://bucket/k");
  // What the statement fails with. Throws std::logic_error if it does not.
  SqlError refused(std::string_view table, const std::string& options = {},
                   const std::string& source = "s3://bucket/k");

  std::unique_ptr<Buckets> buckets_ = open_memory();
  TargetTable table_;                   // of the last run
  std::unique_ptr<DecodingSink> sink_;  // of the last run

 private:
  const std::string options_;
};

}  // namespace penstock::endpoint::testing
