#include "reconcile/acting.h"

#include <fmt/format.h>

#include <string_view>

namespace penstock {
namespace {

constexpr std::array<std::string_view, kActResults> kNames{"planned",      "copied",     "there_already", "deleted",
                                                           "taken",        "changed",    "gone",          "overwritten",
                                                           "not_provable", "not_copied", "not_agreed",    "failed"};

}  // namespace

std::string_view name_of(ActResult result) noexcept { return kNames.at(static_cast<std::size_t>(result)); }

namespace reconcile {
namespace {

constexpr std::size_t kMostFailures = 100;

// What the next key would meet as well.
bool stops_all(ErrorKind kind) {
  return kind == ErrorKind::cancelled || kind == ErrorKind::unavailable || kind == ErrorKind::internal;
}

}  // namespace

std::optional<KeyFinding> Acting::next(KeyFindings& findings) {
  if (!goes_on()) return std::nullopt;
  try {
    return findings.next();
  } catch (const Error& e) {
    stop(e);
    return std::nullopt;
  }
}

bool Acting::goes_on() {
  if (context_.stop.stop_requested()) stop(Error(ErrorKind::cancelled, "stopped as asked"));
  const std::scoped_lock lock(mutex_);
  return !summary_.stopped;
}

void Acting::stop(const Error& why) {
  const std::scoped_lock lock(mutex_);
  if (!summary_.stopped) summary_.stopped = why;
}

void Acting::note_failure(const Error& failure) {
  if (stops_all(failure.kind())) return stop(failure);
  const std::scoped_lock lock(mutex_);
  if (++failures_ != kMostFailures || summary_.stopped) return;
  summary_.stopped = Error(failure.kind(), fmt::format("{} keys failed, the last: {}", failures_, failure.what()));
}

void Acting::tell(const KeyAct& act) {
  const std::scoped_lock lock(mutex_);
  auto& count = summary_.results.at(static_cast<std::size_t>(act.result));
  ++count.keys;
  count.bytes += act.size;
  if (context_.on_key) context_.on_key(act);
}

ActsSummary Acting::summary() {
  const std::scoped_lock lock(mutex_);
  return summary_;
}

}  // namespace reconcile
}  // namespace penstock
