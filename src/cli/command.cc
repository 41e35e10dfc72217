#include "cli/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <utility>

namespace penstock::cli {
namespace {

constexpr char kEverywhere[] = "Everywhere";

// The innermost command that was named.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

std::string unknown(const std::string& argument) {
  return fmt::format("{} '{}'", argument.starts_with("-") ? "no such option:" : "unexpected argument:", argument);
}

// "-schema=api_hits" as "--schema=api_hits" where the command has such an option: the spelling of Go's flags, which
// people's schedulers hold since the days of the worker.
void read_old_spelling(std::vector<std::string>& arguments, CLI::App& program) {
  const auto named = [&](const CLI::App* command) { return !arguments.empty() && command->check_name(arguments[0]); };
  for (CLI::App* command : program.get_subcommands(named)) {
    for (std::string& argument : arguments) {
      if (argument.size() < 3 || argument[0] != '-' || argument[1] == '-') continue;
      const std::string option = "-" + argument.substr(0, argument.find('='));
      if (command->get_option_no_throw(option) != nullptr) argument.insert(0, 1, '-');
    }
  }
}

std::vector<std::string> names_of(const CLI::App& group) {
  std::vector<std::string> names;
  for (const CLI::App* command : group.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

}  // namespace

template <typename T>
void Command::add_option(const std::string& names, T& into, const std::string& help, const std::string& value) {
  CLI::Option* const option = app_->add_option(names, into, help);
  if (!value.empty()) option->type_name(value);
}

template void Command::add_option(const std::string&, std::string&, const std::string&, const std::string&);
template void Command::add_option(const std::string&, std::vector<std::string>&, const std::string&,
                                  const std::string&);
template void Command::add_option(const std::string&, std::optional<std::string>&, const std::string&,
                                  const std::string&);
template void Command::add_option(const std::string&, std::optional<int>&, const std::string&, const std::string&);
template void Command::add_option(const std::string&, int&, const std::string&, const std::string&);
template void Command::add_option(const std::string&, std::uint64_t&, const std::string&, const std::string&);

void Command::add_flag(const std::string& names, bool& into, const std::string& help) {
  app_->add_flag(names, into, help);
}

Program::Program(const std::string& version)
    : app_(std::make_unique<CLI::App>(
          "penstock brings data into Amazon Redshift: through S3 and COPY, exactly once, and says what it did.",
          "penstock")) {
  app_->set_help_flag("-h,--help", "Show this, and exit");
  app_->set_version_flag("--version", "penstock " + version, "Show the version, and exit");
  app_->allow_extras();
  app_->footer("Every command has its own --help, with an example.");
}

Program::~Program() = default;

Command Program::add_group(const std::string& name, const std::string& description) {
  CLI::App& group = *app_->add_subcommand(name, description);
  group.allow_extras();
  return Command(group);
}

Command Program::add(const std::string& name, const std::string& description, const std::string& example,
                     Prepare prepare) {
  return add(Command(*app_), name, description, example, std::move(prepare));
}

Command Program::add(Command group, const std::string& name, const std::string& description, const std::string& example,
                     Prepare prepare) {
  CLI::App& command = *group.app_->add_subcommand(name, description);
  command.allow_extras();  // collected below, with all the other problems
  command.footer("Example:\n  " + example);
  command.add_flag("-v,--verbose", verbose_, "Log every step and statement (PENSTOCK_LOG=debug)")->group(kEverywhere);
  command.add_flag("-q,--quiet", quiet_, "Log only warnings and errors (PENSTOCK_LOG=warning)")->group(kEverywhere);
  command.set_help_flag("-h,--help", "Show this, and exit")->group(kEverywhere);
  command.callback([this, prepare = std::move(prepare)] { chosen_ = prepare; });
  return Command(command);
}

Program::Parsed Program::parse(std::vector<std::string> arguments, const Environment& environment) {
  Parsed parsed;
  read_old_spelling(arguments, *app_);
  std::ranges::reverse(arguments);  // CLI11 pops them off the back
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::Success& e) {
    std::ostringstream text;
    app_->exit(e, text, text);
    parsed.text = text.str() + (text.view().ends_with('\n') ? "" : "\n");
    return parsed;
  } catch (const CLI::ParseError& e) {
    parsed.command = path_of(innermost(*app_));
    parsed.problems.add(e.what());
    return parsed;
  }
  const CLI::App& command = innermost(*app_);
  parsed.command = path_of(command);
  parsed.verbose = verbose_;
  parsed.quiet = quiet_;
  for (const std::string& extra : app_->remaining(true)) parsed.problems.add(unknown(extra));
  if (!chosen_) {
    parsed.problems.add(fmt::format("a command is needed, one of: {}", fmt::join(names_of(command), ", ")));
    return parsed;
  }
  if (verbose_ && quiet_) parsed.problems.add("--verbose and --quiet exclude each other");
  parsed.run = chosen_(environment, parsed.problems);
  return parsed;
}

}  // namespace penstock::cli
