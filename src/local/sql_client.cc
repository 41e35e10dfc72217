#include "local/sql_client.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>

#include "local/postgres.h"
#include "local/process.h"
#include "penstock/error.h"

namespace penstock::local {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// As a program finds the world that a shell starts: we block and ignore signals.
void restore_signals() noexcept {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGXFSZ, SIG_DFL);
}

}  // namespace

int run_psql(const std::vector<Setting>& settings, const std::optional<std::string>& statement,
             const Environment& environment) {
  const std::string program = (find_postgres_programs(environment) / "psql").string();
  const bool conversation = !statement && isatty(STDIN_FILENO) == 1;
  std::vector<std::string> arguments{program, "--no-password"};
  if (!conversation) arguments.insert(arguments.end(), {"--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"});
  if (statement) arguments.insert(arguments.end(), {"--command", *statement});
  static const std::map<std::string, std::string> kPsqlNames{
      {"REDSHIFT_HOST", "PGHOST"}, {"REDSHIFT_PORT", "PGPORT"},         {"REDSHIFT_DB", "PGDATABASE"},
      {"REDSHIFT_USER", "PGUSER"}, {"REDSHIFT_PASSWORD", "PGPASSWORD"}, {"PGSSLROOTCERT", "PGSSLROOTCERT"}};
  // others of libpq's variables would lead elsewhere
  std::vector<std::string> changes{"PGHOSTADDR", "PGSERVICE", "PGOPTIONS", "PGSSLMODE=prefer"};
  for (const auto& [name, value] : settings) {
    if (const auto psql_name = kPsqlNames.find(name); psql_name != kPsqlNames.end()) {
      changes.push_back(psql_name->second + "=" + value.value_or(""));
    }
  }
  auto variables = inherited_environment(changes);
  const auto argv = pointers_to(arguments);
  const auto envp = pointers_to(variables);
  if (conversation) restore_signals();
  const pid_t pid = conversation ? 0 : fork();
  if (pid == 0) {
    restore_signals();
    execve(program.c_str(), argv.data(), envp.data());
    _exit(127);
  }
  if (pid < 0)
    throw Error(ErrorKind::unavailable, fmt::format("{} could not be run: {}", program, std::strerror(errno)));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  // psql's own codes (3 for a script's error) mean other things in ours
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

}  // namespace penstock::local
