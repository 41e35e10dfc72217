#include "reconcile/key_listing.h"

namespace penstock::reconcile {

std::unique_ptr<ObjectListing> list_side_by_side(ObjectStore& store, const std::string& prefix,
                                                 std::stop_token /*stop*/) {
  return store.list(prefix);
}

}  // namespace penstock::reconcile
