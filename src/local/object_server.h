// versitygw, a real S3 server over a folder, for who wants one behind the local Redshift.
#pragma once

#include <filesystem>
#include <string>

#include "local/process.h"
#include "penstock/environment.h"
#include "penstock/secret.h"

namespace penstock::local {

// PENSTOCK_VERSITYGW, else the PATH, else what `scripts/setup` keeps in its cache. not_found when it is nowhere.
std::filesystem::path find_versitygw(const Environment& environment);

class ObjectServer {
 public:
  ObjectServer(std::filesystem::path program, std::filesystem::path folder);
  [[nodiscard]] Command serve(int port, const std::string& access_key_id, const Secret& secret_access_key,
                              const std::filesystem::path& log) const;
  void make_bucket(const std::string& name) const;

 private:
  std::filesystem::path program_;
  std::filesystem::path folder_;
};

}  // namespace penstock::local
