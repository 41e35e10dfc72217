#include "cli/question.h"

#include <unistd.h>

#include <cstddef>
#include <iostream>
#include <span>

#include "base/text.h"
#include "load/waiting_reader.h"

namespace penstock::cli {

bool can_ask() { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0; }

std::string ask(const std::string& question, const std::stop_token& stop) {
  std::cerr << question << std::flush;
  const auto terminal = open_stdin(stop);
  std::string answer;
  for (char c = 0; terminal->read(std::as_writable_bytes(std::span(&c, 1))) == 1 && c != '\n';) answer += c;
  return lower(answer);
}

}  // namespace penstock::cli
