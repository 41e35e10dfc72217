// What delete does, in a local file: for each key a line of JSON before its removal is asked for, and one of what
// became of it.
//
//     {"at":"2026-01-31T10:00:00Z","run":"…","act":"intended","uri":"s3://b/k","size":3,"etag":"…","last_modified":"…",
//      "table":"web.views","load_id":"…","query":4711}
//     {"at":"2026-01-31T10:00:01Z","run":"…","act":"deleted","uri":"s3://b/k","etag":"…","reason":""}
//
// Threads: one. Errors: Error, of the system: no such folder, no space.
#pragma once

#include <string>
#include <string_view>

#include "penstock/reconcile.h"
#include "penstock/store.h"
#include "store/file.h"

namespace penstock::reconcile {

class Journal {
 public:
  explicit Journal(const std::string& path);  // appended to, and made where there is none

  // Both are only kept; write() writes them.
  void intend(std::string_view uri, const ObjectInfo& object, const KeyLoad& load);
  void settle(std::string_view uri, const ObjectInfo& object, std::string_view act, std::string_view reason);
  // All that is kept is on the disk once this returns.
  void write();

 private:
  const std::string act_;
  const std::string run_;
  Fd file_;
  std::string lines_;
};

}  // namespace penstock::reconcile
