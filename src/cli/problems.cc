#include "cli/problems.h"

#include <sstream>

namespace penstock::cli {

void Problems::add_lines(const std::string& message) {
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) add(line);
  }
}

}  // namespace penstock::cli
