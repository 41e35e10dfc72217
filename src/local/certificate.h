// What the local Redshift proves itself with: a certificate for localhost, by an authority that exists for it alone.
//
// The authority's key is forgotten as soon as it has signed: who trusts root.crt trusts this one certificate, and
// nothing that anybody could make later.
//
// Threads: one. Errors: Error unavailable, where a file can't be written; internal, where OpenSSL can't make one.
#pragma once

#include <filesystem>

namespace penstock::local {

struct CertificateFiles {
  std::filesystem::path root;         // what clients are told to trust
  std::filesystem::path certificate;  // the server's
  std::filesystem::path key;          // readable by its owner only
};

CertificateFiles certificate_files(const std::filesystem::path& folder);

// Made once: all that is there already is kept. For localhost, 127.0.0.1 and ::1, good for ten years.
CertificateFiles ensure_certificate(const std::filesystem::path& folder);

}  // namespace penstock::local
