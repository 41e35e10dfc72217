// Where the library says what it does. The library neither prints nor exits: it is handed a Log.
//
// Threads: write() may be called from any thread. Errors: write() never throws.
#pragma once

#include <string_view>

namespace penstock {

enum class Severity { debug, info, warning, error };

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(Severity severity, std::string_view message) noexcept = 0;

  void debug(std::string_view message) noexcept { write(Severity::debug, message); }
  void info(std::string_view message) noexcept { write(Severity::info, message); }
  void warning(std::string_view message) noexcept { write(Severity::warning, message); }
  void error(std::string_view message) noexcept { write(Severity::error, message); }
};

// A Log that drops everything; for tests and for callers that don't want one.
Log& silence() noexcept;

}  // namespace penstock
