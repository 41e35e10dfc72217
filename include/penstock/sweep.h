// penstock sweep: what runs that were killed left in S3, found and removed.
//
// What is penstock's is known by its place below the base path: <base>staged/<load id>/… of upserts,
// <base><target>/<attempt id>/manifest.json of loads, and uploads begun there. It is left over once nothing was written
// of it for a while, by the clock of S3: a run that lives may still need what is younger. Anything else is left alone.
//
// Threads:  one; `stop` may be requested from any.
// Errors:   Error: invalid (the base path), cancelled, and those of the store for what concerns all; what concerns one
//           leftover stands there, and the others are removed.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "penstock/environment.h"
#include "penstock/log.h"
#include "penstock/store.h"

namespace penstock {

struct SweepOptions {
  std::string bucket{};                                     // where PENSTOCK_S3_BASE_PATH is not set
  std::chrono::seconds older_than{std::chrono::hours(24)};  // longer than any run takes
  bool dry_run = false;
};

enum class LeftoverStatus { removed, planned, young, failed };

// All that one run left.
struct Leftover {
  std::string uri;  // s3://bucket/prefix/: of all of it
  std::string id;   // of the load, or of the attempt
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::uint64_t uploads = 0;           // begun, and neither completed nor aborted
  std::chrono::sys_seconds written{};  // the last of it
  LeftoverStatus status = LeftoverStatus::young;
  std::string reason{};  // failed: the server's words
};

struct SweepOutcome {
  std::string base;                 // s3://bucket/prefix/
  std::vector<Leftover> leftovers;  // by their URIs
  // Below the base, and not of penstock's shape: left alone.
  std::uint64_t others = 0;
  std::vector<std::string> some_others;  // URIs of the first few
};

SweepOutcome sweep(const SweepOptions& options, Buckets& buckets, const Environment& environment, Log& log,
                   std::stop_token stop = {});

}  // namespace penstock
