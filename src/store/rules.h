// What every store refuses, clamps and says alike, so that a program meets no other store than its tests did.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/error.h"
#include "penstock/store.h"

namespace penstock {

// S3's limits: a key is 1 to 1024 bytes of UTF-8; metadata's names are lower case and its values printable ASCII, 2 KB
// together. Each throws Error invalid.
void check_bucket_name(std::string_view bucket);
void check_key(std::string_view key);
void check_metadata(const std::map<std::string, std::string>& metadata);
// For stores that have no key management: throws Error refused where a key of it is asked for.
void check_encryption(const CreateOptions& options);
// For stores that have one class of storage: throws Error refused where another than STANDARD is asked for.
void check_storage_class(const CreateOptions& options);

// What a new object is given: the metadata of the options, else of the object that is copied; and what is added.
std::map<std::string, std::string> metadata_for(const CreateOptions& options,
                                                const std::map<std::string, std::string>& of_source = {});

// The part of the object that the range covers; the whole without one. A range beyond the end covers nothing.
ByteRange covered(const ObjectInfo& object, const std::optional<ByteRange>& range);

// The failures of all stores, each after the act and the object: "read s3://b/k: no such object".
Error no_such_bucket(std::string_view act, std::string_view bucket);
Error no_such_object(std::string_view act, std::string_view uri);
Error changed_since_listed(std::string_view act, std::string_view uri);
Error already_there(std::string_view act, std::string_view uri);
Error upload_gone(std::string_view uri);
Error other_buckets(std::string_view act, std::string_view uri);  // copy() from a store of another Buckets

}  // namespace penstock
