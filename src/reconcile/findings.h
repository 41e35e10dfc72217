// The join of objects and loads as what reconcile() answers: counted, and stopped when it is asked to.
//
// Threads: one; the stop may be requested from any. Errors: cancelled; those of merge.h.
#pragma once

#include <memory>
#include <stop_token>

#include "penstock/reconcile.h"
#include "penstock/store.h"
#include "penstock/uri.h"
#include "reconcile/classify.h"
#include "reconcile/load_stream.h"

namespace penstock::reconcile {

// source: the bucket, and the prefix that all keys have. counted: keys that are in neither stream,
// and what is to be noted before all else.
std::unique_ptr<KeyFindings> join(std::unique_ptr<ObjectListing> objects, std::unique_ptr<LoadStream> loads,
                                  Window window, S3Uri source, std::stop_token stop,
                                  const ReconcileSummary& counted = {});

}  // namespace penstock::reconcile
