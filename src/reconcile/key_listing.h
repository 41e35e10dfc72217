// The keys that are there: of the bucket, listed, or of an S3 Inventory. In bytewise order, whatever gives them.
//
// Threads: one. Errors: Error, of the store; refused (an inventory that is none, or of another bucket).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "penstock/reconcile.h"
#include "penstock/store.h"

namespace penstock::reconcile {

// Several prefixes are listed side by side and joined in order. Memory: some pages.
std::unique_ptr<ObjectListing> list_side_by_side(ObjectStore& store, const std::string& prefix, std::stop_token stop);

// CSV, ORC and Parquet. What is not the current version of its key, or a delete marker, is left out. Files that are not
// in order are sorted on disk. Memory: bounded, whatever the inventory holds. notes: gets a line of when it was made.
std::unique_ptr<ObjectListing> read_inventory(const std::string& manifest_uri, const std::string& bucket,
                                              const std::string& prefix, const ReconcileContext& context,
                                              std::vector<std::string>& notes);

}  // namespace penstock::reconcile
