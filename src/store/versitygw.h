// A real S3 server for tests: versitygw (the binary is $VERSITYGW), on a free port, over a folder of its own, for as
// long as the object lives, and no longer than the process.
#pragma once

#include <sys/types.h>

#include <string>

#include "penstock/store.h"
#include "store/temp_folder.h"

namespace penstock {

class Versitygw {
 public:
  Versitygw();
  ~Versitygw();
  Versitygw(const Versitygw&) = delete;
  Versitygw& operator=(const Versitygw&) = delete;

  [[nodiscard]] S3Config config() const;  // with the root user's keys
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  TempFolder folder_;
  std::string url_;
  pid_t process_ = -1;
};

}  // namespace penstock
