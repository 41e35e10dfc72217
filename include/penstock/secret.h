// A password, key or token: a value that can be used, and that can't be printed by accident.
//
// There is no stream operator and no conversion; where a Secret is formatted (fmt, through base/secret_format.h) it
// shows as ***. reveal() is the one way to the value: look for its callers to see where secrets go.
#pragma once

#include <string>
#include <utility>

namespace penstock {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace penstock
