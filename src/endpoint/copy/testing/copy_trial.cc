#include "endpoint/copy/testing/copy_trial.h"

#include <stdexcept>
#include <utility>

#include "endpoint/copy/testing/loading.h"

namespace penstock::endpoint::testing {
namespace {

struct Opened final : Buckets {
  explicit Opened(Buckets& buckets) : to(buckets) {}
  std::unique_ptr<ObjectStore> open(std::string_view bucket) override { return to.open(bucket); }
  void create_bucket(std::string_view bucket) override { to.create_bucket(bucket); }
  Buckets& to;
};

}  // namespace

std::unique_ptr<Buckets> opened(Buckets& buckets) { return std::make_unique<Opened>(buckets); }

CopyTrial::CopyTrial(std::string options) : options_(std::move(options)) { buckets_->create_bucket("bucket"); }

void CopyTrial::put(const std::string& key, std::string_view bytes) {
  write_all(*buckets_->open("bucket"), key, bytes);
}

CopyReport CopyTrial::run(std::string_view table, const std::string& options, const std::string& source) {
  table_ = table_of(table);
  CopyStatement statement = statement_of(options.empty() ? options_ : options);
  statement.source = source;
  sink_ = std::make_unique<DecodingSink>(table_);
  return run_copy(statement, table_, *sink_,
                  {.connect = [this](const auto&) { return opened(*buckets_); }, .query_id = 7, .stop = {}});
}

SqlError CopyTrial::refused(std::string_view table, const std::string& options, const std::string& source) {
  try {
    run(table, options, source);
  } catch (const SqlError& error) {
    return error;
  }
  throw std::logic_error("not refused");
}

}  // namespace penstock::endpoint::testing
