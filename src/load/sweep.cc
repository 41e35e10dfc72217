#include "penstock/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "load/attempt.h"
#include "load/own_keys.h"
#include "load/staging.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t kShownOthers = 5;

// What a run left, with the names of all of it.
struct Found {
  Leftover leftover;
  std::vector<std::string> keys{};
  std::vector<ObjectStore::OpenUpload> uploads{};
};

class Sweep {
 public:
  Sweep(const SweepOptions& options, Buckets& buckets, const StagingBase& base, Log& log, std::stop_token stop)
      : options_(options), base_(base), store_(buckets.open(base.bucket)), log_(log), stop_(std::move(stop)) {}

  SweepOutcome run() {
    SweepOutcome outcome{.base = store_->uri_of(base_.prefix), .leftovers = {}, .some_others = {}};
    // Before the listing: what is written while it goes on is young.
    const sys_seconds now = time_of_server();
    find(outcome);
    for (auto& [folder, found] : found_) {
      if (found.leftover.written + options_.older_than <= now) settle(found);
      outcome.leftovers.push_back(std::move(found.leftover));
    }
    return outcome;
  }

 private:
  // As it tells the times of objects. Our clock may be wrong, and a server's Date differ from both.
  sys_seconds time_of_server() {
    const std::string key = fmt::format("{}staged/{}/clock", base_.prefix, new_id());
    write_all(*store_, key, "", {.only_if_absent = true});
    const auto written = store_->head(key);
    store_->remove(std::vector{key}, {.even_when_stopped = true});
    if (!written) throw Error(ErrorKind::conflict, fmt::format("{} is gone again", printable(store_->uri_of(key))));
    return written->last_modified;
  }

  void find(SweepOutcome& outcome) {
    // Uploads first: one that is completed meanwhile is found as an object then.
    for (auto& upload : store_->open_uploads(base_.prefix)) {
      Found* of = run_of(upload.key);
      if (of == nullptr) {
        leave(upload.key, outcome);
        continue;
      }
      ++of->leftover.uploads;
      of->leftover.written = std::max(of->leftover.written, upload.started);
      of->uploads.push_back(std::move(upload));
    }
    const auto listing = store_->list(base_.prefix);
    while (auto object = listing->next()) {
      Found* of = run_of(object->key);
      if (of == nullptr) {
        leave(object->key, outcome);
        continue;
      }
      ++of->leftover.objects;
      of->leftover.bytes += object->size;
      of->leftover.written = std::max(of->leftover.written, object->last_modified);
      of->keys.push_back(std::move(object->key));
    }
  }

  // nullptr: of no run of ours.
  Found* run_of(std::string_view key) {
    const auto own = own_folder(key.substr(base_.prefix.size()));
    if (!own) return nullptr;
    Found& found = found_[std::string(own->folder)];
    if (found.leftover.id.empty()) {
      found.leftover.id = own->id;
      found.leftover.uri = store_->uri_of(base_.prefix + std::string(own->folder));
    }
    return &found;
  }

  void leave(std::string_view key, SweepOutcome& outcome) const {
    ++outcome.others;
    if (outcome.some_others.size() < kShownOthers) outcome.some_others.push_back(store_->uri_of(key));
  }

  void settle(Found& found) {
    Leftover& leftover = found.leftover;
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped; what is left is for the next sweep");
    leftover.status = LeftoverStatus::planned;
    if (options_.dry_run) return;
    try {
      for (const auto& upload : found.uploads) store_->abort_upload(upload);
      if (!found.keys.empty()) store_->remove(found.keys);
      leftover.status = LeftoverStatus::removed;
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::cancelled) throw;
      log_.debug(e.what());
      leftover.status = LeftoverStatus::failed;
      leftover.reason = e.what();
    }
  }

  const SweepOptions& options_;
  const StagingBase base_;
  const std::unique_ptr<ObjectStore> store_;
  Log& log_;
  const std::stop_token stop_;
  std::map<std::string, Found> found_;  // by folder
};

}  // namespace

SweepOutcome sweep(const SweepOptions& options, Buckets& buckets, const Environment& environment, Log& log,
                   std::stop_token stop) {
  const StagingBase base = staging_base(environment, options.bucket);
  try {
    return Sweep(options, buckets, base, log, std::move(stop)).run();
  } catch (const Error& e) {
    throw Error(e.kind(),
                fmt::format("sweep s3://{}/{}: {}", printable(base.bucket), printable(base.prefix), e.what()));
  }
}

}  // namespace penstock
