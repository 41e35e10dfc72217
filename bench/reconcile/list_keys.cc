// The keys of a bucket below a prefix, listed and nothing else: how many, or with `print` each with its ETag. Side by
// side, as reconcile lists them, or plainly.
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "penstock/environment.h"
#include "penstock/store.h"
#include "reconcile/key_listing.h"

int main(int argc, char** argv) {
  try {
    if (argc < 4) {
      std::fputs("list_keys side|plain BUCKET PREFIX [print]\n", stderr);
      return 2;
    }
    const auto buckets = penstock::open_buckets(penstock::process_environment, penstock::silence());
    const auto store = buckets->open(argv[2]);
    const std::string prefix = argv[3];
    const auto listing = std::string_view(argv[1]) == "side"
                             ? penstock::reconcile::list_side_by_side(*store, prefix, {})
                             : store->list(prefix);
    const bool prints = argc > 4;
    unsigned long long count = 0;
    while (const auto object = listing->next()) {
      ++count;
      if (prints) std::printf("%s\t%s\n", object->key.c_str(), object->etag.c_str());
    }
    if (!prints) std::printf("%llu\n", count);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "list_keys: %s\n", e.what());
    return 1;
  }
}
