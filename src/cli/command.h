// The commands of the program `penstock`, and what one is made of.
//
// A command is a function add_<name>(Program&) in a file of its own. It declares its options and says what to do with
// them in two steps: `prepare` reads what was typed and what the environment says, and adds all that is wrong to
// Problems; the Run that it returns does the work, and is called only if there were none.
//
//     void add_greet(Program& program) {
//       auto name = std::make_shared<std::string>();
//       Command command = program.add("greet", "says hello to NAME", "penstock greet --name you",
//                                   [name](const Environment&, Problems& problems) -> Run {
//         if (name->empty()) problems.add("--name is missing");
//         return [name](const Session& session) { session.out << "hello " << *name << '\n'; return 0; };
//       });
//       command.add_option("--name", *name, "whom to greet");
//     }
//
// Nothing is CLI11's `required()` and nothing its `check()`: those stop at the first problem.
//
// Errors: a Run throws Error, or returns the exit code. What a Run prints is what it was asked for; the rest is log.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/problems.h"
#include "penstock/environment.h"
#include "penstock/log.h"

namespace CLI {  // NOLINT(readability-identifier-naming): its own name
class App;
}

namespace penstock::cli {

struct Session {
  const Environment& environment;
  Log& log;
  std::stop_token stop;  // requested by the first SIGINT, SIGTERM or SIGHUP
  std::ostream& out;     // stdout
};

using Run = std::function<int(const Session&)>;
using Prepare = std::function<Run(const Environment&, Problems&)>;

// What a command or a group of commands takes. A handle: copies are of the same.
//
// CLI11's header stays in command.cc: it takes a compiler longer than all of ours, in each file anew.
class Command {
 public:
  // names: "-n,--name", or "NAME" of what is given by its place. `value` stands for the value in --help.
  // T: std::string, int, std::uint64_t, optional of these and of others that command.cc lists,
  // std::vector<std::string>.
  template <typename T>
  void add_option(const std::string& names, T& into, const std::string& help, const std::string& value = {});
  void add_flag(const std::string& names, bool& into, const std::string& help);

 private:
  friend class Program;
  explicit Command(CLI::App& app) : app_(&app) {}
  CLI::App* app_;
};

class Program {
 public:
  explicit Program(const std::string& version);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // A command of the program, with the options that all have. `example` ends its --help.
  Command add(const std::string& name, const std::string& description, const std::string& example, Prepare prepare);
  // A command of a command: `penstock local up`. The group itself has no Prepare: it needs one of its commands.
  Command add_group(const std::string& name, const std::string& description);
  Command add(Command group, const std::string& name, const std::string& description, const std::string& example,
              Prepare prepare);

  // What to do about these arguments (without the program's name): a text to print, usage problems, or a Run.
  struct Parsed {
    std::string command;  // as typed, for messages: "penstock local up"
    std::string text;     // --help, --version: print it, exit 0
    Problems problems;    // not empty: print them, exit 2
    Run run;
    bool verbose = false;
    bool quiet = false;
  };
  Parsed parse(std::vector<std::string> arguments, const Environment& environment);

 private:
  std::unique_ptr<CLI::App> app_;
  Prepare chosen_;
  bool verbose_ = false;
  bool quiet_ = false;
};

}  // namespace penstock::cli
