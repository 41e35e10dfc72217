#include "penstock/scan.h"

#include <fmt/format.h>

#include <functional>
#include <stop_token>
#include <utility>
#include <variant>

#include "base/guarded.h"
#include "base/text.h"
#include "columnar/c_stream.h"
#include "columnar/watched.h"
#include "move/network.h"
#include "move/resource.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using network::Batches;
using network::Job;
using network::Network;
using network::Read;
using network::Resource;
using network::Stop;
using network::Use;

constexpr std::uint64_t kBytesOfUnknown = 100'000'000;  // of a source whose size nobody says

MoveOptions options_of(const ScanOptions& options) {
  return {.source = options.source,
          .query = options.query,
          .from_format = options.format,
          .sample = options.sample,
          .columns = options.columns,
          .delimiter = options.delimiter,
          .null_as = options.null_as,
          .staging_bucket = options.staging_bucket,
          .memory = options.memory};
}

class End final : public ScanEnd {
 public:
  void set(const Error& e) {
    failure_.with([&](auto& failure) { failure.emplace(e); });
  }
  [[nodiscard]] std::optional<Error> failure() const override {
    return failure_.with([](const auto& failure) { return failure; });
  }

 private:
  mutable Guarded<std::optional<Error>> failure_;
};

// The network's way from the source to batches, and all that it needs for as long as it is gone.
class Scan final : public columnar::BatchReader {
 public:
  Scan(const ScanOptions& options, const MoveContext& context, std::function<void(const MoveProgress&)> on_progress)
      : options_(options_of(options)),
        context_{context.buckets, context.environment, context.log, given_up_.get_token()},
        on_stop_(context.stop, [this] { given_up_.request_stop(); }),
        job_{.options = options_,
             .context = context_,
             .on_progress = on_progress ? std::move(on_progress) : [](const MoveProgress&) {},
             .outcome = outcome_,
             .batches_are_kept = true} {
    source_ =
        parse_resource(options_.source, Use::source,
                       {.format = options_.from_format, .query = options_.query, .delimiter = options_.delimiter});
    source_.is_plain = options_.columns.empty() && options_.null_as.empty();
    find_items(source_, context_.buckets, context_.log, context_.stop);
    rows_ = columnar::watched(
        read(),
        [this](std::uint64_t bytes, std::uint64_t count) {
          job_.on_progress({.bytes = bytes, .size = source_.bytes, .rows = count});
        },
        context_.stop);
  }
  ~Scan() override { given_up_.request_stop(); }  // who reads ahead may be waiting for more
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return rows_->schema(); }
  std::shared_ptr<arrow::RecordBatch> next() override { return rows_->next(); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return rows_->bytes_read(); }

 private:
  Batches read() {
    const std::vector<Stop> stops{{source_}, {}};
    const auto ways = network_.cheapest(stops, source_.bytes != 0 ? source_.bytes : kBytesOfUnknown, 1);
    if (ways.empty()) {
      throw Error(ErrorKind::invalid, fmt::format("there is no way from {} ({}) to rows", printable(source_.name),
                                                  in_words(stops.front())));
    }
    return std::get<Read>(ways.front().steps.front().edge->run)(source_, job_);
  }

  const MoveOptions options_;
  std::stop_source given_up_;  // at the caller's word, or because the stream is released
  const MoveContext context_;
  const std::stop_callback<std::function<void()>> on_stop_;
  MoveOutcome outcome_;
  Job job_;
  const Network network_ = network::all_edges();
  Resource source_;
  Batches rows_;
};

}  // namespace

std::vector<std::string> problems_of(const ScanOptions& options) {
  MoveOptions all = options_of(options);
  all.destination = "rows.parquet";  // takes whatever a source gives
  return problems_of(all);
}

std::shared_ptr<const ScanEnd> scan(const ScanOptions& options, const MoveContext& context, ArrowArrayStream& out,
                                    const std::function<void(const MoveProgress&)>& on_progress) {
  if (const auto problems = problems_of(options); !problems.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  auto end = std::make_shared<End>();
  columnar::hand_out(
      std::make_unique<Scan>(options, context, on_progress), [end](const Error& e) { end->set(e); }, out);
  return end;
}

}  // namespace penstock
