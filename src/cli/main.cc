// The edge where exceptions become exit codes, and signals a request to stop.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/hidden_passwords.h"
#include "cli/signals.h"
#include "cli/stderr_log.h"
#include "penstock/environment.h"
#include "penstock/error.h"

namespace penstock::cli {
namespace {

constexpr int kUsage = 2;

// Every command, in the order of --help.
void add_commands(Program& program) {
  add_load(program);
  add_upsert(program);
  add_move(program);
  add_discover(program);
  add_drop(program);
  add_reconcile(program);
  add_history(program);
  add_sweep(program);
  add_local(program);
}

Severity chosen_severity(const Program::Parsed& parsed, const Environment& environment, Problems& problems) {
  if (parsed.verbose) return Severity::debug;
  if (parsed.quiet) return Severity::warning;
  const auto wanted = environment("PENSTOCK_LOG");
  if (!wanted) return Severity::info;
  const auto severity = parse_severity(*wanted);
  if (!severity) problems.add(fmt::format("PENSTOCK_LOG is '{}'; it can be debug, info, warning or error", *wanted));
  return severity.value_or(Severity::info);
}

// What a load could not do is its summary's; what reaches here is the command's own failure.
int run_logged(const Run& run, const Session& session) {
  try {
    return run(session);
  } catch (const Error& e) {
    session.log.error(e.what());
    return exit_code(e.kind());
  } catch (const std::exception& e) {
    session.log.error(fmt::format("a fault of penstock itself: {}", e.what()));
    return exit_code(ErrorKind::internal);
  }
}

int penstock(const std::vector<std::string>& arguments) {
  const Environment environment = process_environment;
  Program program(PENSTOCK_VERSION);
  add_commands(program);
  Program::Parsed parsed = program.parse(arguments, environment);
  if (!parsed.text.empty()) {
    std::cout << parsed.text << std::flush;
    return std::cout ? 0 : 1;
  }
  StderrLog log;
  log.show_from(chosen_severity(parsed, environment, parsed.problems));
  if (!parsed.problems.empty()) {
    for (const auto& problem : parsed.problems.lines()) std::cerr << parsed.command << ": " << problem << '\n';
    std::cerr << "Try '" << parsed.command << " --help'.\n";
    return kUsage;
  }
  const Signals signals;
  int code = run_logged(parsed.run, {environment, log, signals.stop(), std::cout});
  std::cout.flush();
  if (!std::cout && code == 0) {
    log.error("stdout could not be written to: what was printed is not whole");
    code = 1;
  }
  return code == exit_code(ErrorKind::cancelled) && signals.received() != 0 ? 128 + signals.received() : code;
}

// Buffers of megabytes come and go. What went back to the kernel each time would be cleared anew each time.
void keep_freed_memory() {
  constexpr int kKept = 256 << 20;
  constexpr int kLargest = 32 << 20;  // the most that malloc takes
  ::mallopt(M_MMAP_THRESHOLD, kLargest);
  ::mallopt(M_TRIM_THRESHOLD, kKept);
}

}  // namespace
}  // namespace penstock::cli

int main(int argc, char** argv) {
  try {
    penstock::cli::keep_freed_memory();
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    penstock::cli::hide_passwords({argv + 1, argv + argc});
    return penstock::cli::penstock(arguments);
  } catch (const std::exception& e) {
    std::cerr << "penstock: " << e.what() << '\n';
  } catch (...) {
    std::cerr << "penstock: a fault of penstock itself\n";
  }
  return 1;
}
