#include "cli/stderr_log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <string>

#include "base/text.h"

namespace penstock::cli {
namespace {

spdlog::level::level_enum level_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::debug:
      return spdlog::level::debug;
    case Severity::info:
      return spdlog::level::info;
    case Severity::warning:
      return spdlog::level::warn;
    case Severity::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

StderrLog::StderrLog()
    : logger_(std::make_unique<spdlog::logger>("penstock", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_formatter(
      std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc));
  logger_->set_level(spdlog::level::info);
  logger_->set_error_handler([](const std::string&) {});
}

StderrLog::~StderrLog() = default;

void StderrLog::show_from(Severity least) noexcept { logger_->set_level(level_of(least)); }

void StderrLog::write(Severity severity, std::string_view message) noexcept {
  const auto level = level_of(severity);
  if (!logger_->should_log(level)) return;
  try {
    std::string line;
    while (!message.empty()) {  // a message of several lines stays so; all else that is not text is escaped
      const auto end = message.find('\n');
      if (!line.empty()) line += "\n    ";
      line += printable(message.substr(0, end));
      message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    }
    logger_->log(level, line);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a log that can't be written to must not fail a load
  }
}

std::optional<Severity> parse_severity(std::string_view text) noexcept {
  if (text == "debug") return Severity::debug;
  if (text == "info") return Severity::info;
  if (text == "warning") return Severity::warning;
  if (text == "error") return Severity::error;
  return std::nullopt;
}

}  // namespace penstock::cli
