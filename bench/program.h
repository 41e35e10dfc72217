// What the programs of benchmarks have in common.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "penstock/log.h"

namespace penstock {

class Warnings final : public Log {
 public:
  void write(Severity severity, std::string_view message) noexcept override {
    if (severity >= Severity::warning) fmt::print(stderr, "{}\n", message);
  }
};

// Of this program alone: what getrusage() says is at least what whoever started it had.
inline unsigned long peak_mebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) / 1024;
  }
  throw std::runtime_error("there is no VmHWM in /proc/self/status");
}

}  // namespace penstock
