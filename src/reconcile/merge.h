// Objects and loads, both in order of keys, joined: one KeyFinding a key.
//
// A name that may be cut (256 bytes of "s3://bucket/key", or 253 and more, where a character would have been cut)
// belongs to the keys that begin with it: to those of them whose ETag and last modification are those of the load; else
// it makes them ambiguous.
//
// Threads: one. Memory: the loads of one key, and those of the cut name that it begins with.
// Errors:  refused where one of the two is not in order; those of the two.
#pragma once

#include <memory>
#include <optional>

#include "penstock/reconcile.h"
#include "penstock/store.h"
#include "reconcile/classify.h"
#include "reconcile/load_stream.h"

namespace penstock::reconcile {

class Merge {
 public:
  // bucket: for the length of names.
  Merge(std::unique_ptr<ObjectListing> objects, std::unique_ptr<LoadStream> loads, Window window, std::string bucket);
  std::optional<KeyFinding> next();

 private:
  std::unique_ptr<ObjectListing> objects_;
  std::unique_ptr<LoadStream> loads_;
  Window window_;
  std::string bucket_;
};

}  // namespace penstock::reconcile
