// The endpoint's Log: a line each on stderr, with nothing in it that a terminal obeys.
#pragma once

#include "penstock/log.h"

namespace penstock::endpoint {

class StderrLog : public Log {
 public:
  void write(Severity severity, std::string_view message) noexcept override;
};

}  // namespace penstock::endpoint
