// Where the copy of a key belongs, and what proves that an object is it. Pure.
//
// Threads: any. Errors: invalid.
#pragma once

#include <string>
#include <string_view>

#include "penstock/store.h"
#include "penstock/uri.h"

namespace penstock::reconcile {

// The metadata of a copy that names its original: a copy's own ETag differs where the original was uploaded in parts,
// or either of them is encrypted by KMS.
inline constexpr std::string_view kCopiedEtag = "penstock-copied-etag";

class CopyPlace {
 public:
  // invalid: no such URIs, or the target lies below the source.
  CopyPlace(const std::string& source, const std::string& target);

  [[nodiscard]] const std::string& bucket() const noexcept { return target_.bucket; }
  [[nodiscard]] const std::string& prefix() const noexcept { return target_.key; }
  // The target's folder, and the path that the key has below the source's last slash: no two keys have one target.
  // invalid: that would be a key of the source.
  [[nodiscard]] std::string key_for(std::string_view key) const;

 private:
  [[nodiscard]] bool is_of_source(std::string_view key) const noexcept;

  S3Uri source_;
  S3Uri target_;
};

// Whether what is there is the copy of this very version.
bool is_copy(const ObjectInfo& found, const ObjectInfo& original);
std::string why_no_copy(const ObjectInfo& found, const ObjectInfo& original);  // for people

}  // namespace penstock::reconcile
