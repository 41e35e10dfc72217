// What is wrong with what a user typed or configured, collected so that they see all of it at once.
//
// Threads: one. Errors: none of its own.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "penstock/error.h"

namespace penstock::cli {

class Problems {
 public:
  void add(std::string problem) { lines_.push_back(std::move(problem)); }
  // Runs `read`; an Error of kind invalid becomes problems, one a line, and the value is then the default one.
  template <typename Read>
  std::invoke_result_t<Read> collect(Read read) {
    try {
      return read();
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::invalid) throw;
      add_lines(e.what());
      return {};
    }
  }
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  void add_lines(const std::string& message);

  std::vector<std::string> lines_;
};

}  // namespace penstock::cli
