// A page of ListObjectsV2, out of its XML: no tree is built, as a listing is a page a thousand keys.
//
// Threads: one. Errors: Error unavailable, for what is no XML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "penstock/store.h"

namespace penstock {

struct S3Page {
  std::vector<ObjectInfo> objects{};  // as they come; decoded
  bool is_truncated = false;
  std::string next_token{};
  std::string flaw{};  // why it is no such page; empty: it is one
};

// What `page` held is gone; its memory is used again.
void read_s3_page(std::string_view xml, S3Page& page);

}  // namespace penstock
