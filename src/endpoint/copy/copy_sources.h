// The objects that a COPY reads: all under a prefix, or those of a manifest.
//
// Errors: SqlError in Redshift's words.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/copy/copy_run.h"
#include "penstock/store.h"

namespace penstock::endpoint {

struct SourceObject {
  ObjectStore* store = nullptr;
  ObjectInfo info;
  std::string uri;  // s3://bucket/key
};

// The stores that one COPY has opened; what is read lives no longer.
class Sources {
 public:
  Sources(const CopyStatement& statement, const CopyEnvironment& environment);

  // Every object that the COPY loads; the same one twice if a manifest lists it twice.
  std::vector<SourceObject> objects();
  // A small document (a manifest, a JSONPaths file), whole.
  std::string document(const std::string& uri);

 private:
  ObjectStore& store(const std::string& bucket);
  std::vector<SourceObject> under_prefix();
  std::vector<SourceObject> in_manifest();
  std::string read_manifest();

  const CopyStatement& statement_;
  const CopyEnvironment& environment_;
  std::unique_ptr<Buckets> buckets_;
  std::map<std::string, std::unique_ptr<ObjectStore>> stores_;
};

}  // namespace penstock::endpoint
