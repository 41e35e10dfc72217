// The program's Log: lines on stderr, "2015-07-01T00:00:00.000Z info  text", with nothing in them that a terminal
// obeys.
//
// Threads: as Log. Errors: none; a stderr that is closed loses lines.
#pragma once

#include <spdlog/fwd.h>

#include <memory>
#include <optional>
#include <string_view>

#include "penstock/log.h"

namespace penstock::cli {

class StderrLog final : public Log {
 public:
  StderrLog();
  ~StderrLog() override;
  void show_from(Severity least) noexcept;  // info until told
  void write(Severity severity, std::string_view message) noexcept override;

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

// "debug", "info", "warning", "error", as PENSTOCK_LOG spells them.
std::optional<Severity> parse_severity(std::string_view text) noexcept;

}  // namespace penstock::cli
