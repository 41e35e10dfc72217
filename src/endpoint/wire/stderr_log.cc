#include "endpoint/wire/stderr_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>

#include "base/text.h"

namespace penstock::endpoint {

namespace {

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return "debug";
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

}  // namespace

void StderrLog::write(Severity severity, std::string_view message) noexcept {
  if (severity == Severity::debug) return;
  try {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto line =
        fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z {:7} {}\n", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                    now.time_since_epoch().count() % 1000, name_of(severity), printable(message));
    // In one piece, so that lines of several threads don't mix. A stderr that is closed loses them.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace penstock::endpoint
