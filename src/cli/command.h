// The commands of the program `penstock`, and what one is made of.
//
// A command is a function add_<name>(Program&) in a file of its own. It declares its options and says what to do with
// them in two steps: `prepare` reads what was typed and what the environment says, and adds all that is wrong to
// Problems; the Run that it returns does the work, and is called only if there were none.
//
//     void add_greet(Program& program) {
//       auto name = std::make_shared<std::string>();
//       CLI::App& app = program.add("greet", "says hello to NAME", "penstock greet --name you",
//                                   [name](const Environment&, Problems& problems) -> Run {
//         if (name->empty()) problems.add("--name is missing");
//         return [name](const Session& session) { session.out << "hello " << *name << '\n'; return 0; };
//       });
//       app.add_option("--name", *name, "whom to greet");
//     }
//
// Nothing is CLI11's `required()` and nothing its `check()`: those stop at the first problem.
//
// Errors: a Run throws Error, or returns the exit code. What a Run prints is what it was asked for; the rest is log.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <ostream>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/problems.h"
#include "penstock/environment.h"
#include "penstock/log.h"

namespace penstock::cli {

struct Session {
  const Environment& environment;
  Log& log;
  std::stop_token stop;  // requested by the first SIGINT, SIGTERM or SIGHUP
  std::ostream& out;     // stdout
};

using Run = std::function<int(const Session&)>;
using Prepare = std::function<Run(const Environment&, Problems&)>;

class Program {
 public:
  explicit Program(const std::string& version);

  // A command of the program, with the options that all have. `example` ends its --help.
  CLI::App& add(const std::string& name, const std::string& description, const std::string& example, Prepare prepare);
  // A command of a command: `penstock local up`. The group itself has no Prepare: it needs one of its commands.
  CLI::App& add_group(const std::string& name, const std::string& description);
  CLI::App& add(CLI::App& group, const std::string& name, const std::string& description, const std::string& example,
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
  CLI::App app_;
  Prepare chosen_;
  bool verbose_ = false;
  bool quiet_ = false;
};

}  // namespace penstock::cli
