// From the command line to a subcommand, and from whatever it throws to an exit code.

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>

#include "apps/commands.h"
#include "base/error.h"
#include "base/log.h"
#include "base/resources.h"
#include "base/signals.h"

namespace asterism::apps {
namespace {

void print_help() {
  fmt::print("asterism {}: multimodal foundation models of the sky\n\nusage: asterism COMMAND [OPTION ...]\n\n",
             ASTERISM_VERSION);
  for (const Command& command : commands()) fmt::print("  {:<10} {}\n", command.name, command.sentence);
  fmt::print(
      "\n'asterism COMMAND --help' tells more, with an example. New here: 'asterism tour --out tour' shows the whole "
      "life of\n"
      "a small model and writes tour/report.html.\n"
      "Exit codes: 0 done, 2 wrong use, 3 bad data, 70 a defect of asterism, 75 interrupted by a signal "
      "(train, embed, predict and tokenize go on with --resume).\n");
}

int fail(int code, const std::string& message) {
  if (base::json_lines())
    base::log_event(base::LogLevel::error, "failed", base::JsonLine().add("message", message).add("exit", code));
  else
    fmt::print(stderr, "asterism: {}\n", message);
  return code;
}

int dispatch(const std::string& name, const Arguments& arguments, char** argv) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (name == command.name) return command.run ? command.run(arguments) : start_model_program(argv);
    names.emplace_back(command.name);
  }
  base::user_error("there is no command '{}'; the nearest is '{}'. 'asterism --help' lists them all.", name,
                   base::nearest(name, names));
}

}  // namespace

int start_model_program(char** argv) {
  // Threads that wait must sleep: OpenMP threads spinning at barriers collapse on busy cores. But not at once: waking
  // them takes long on some machines, so they look up a thousand times (microseconds) first. Read when libgomp loads.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", 0);
  setenv("OMP_WAIT_POLICY", "passive", 0);
  const std::string program = base::executable_folder() / "asterism-model";
  execv(program.c_str(), argv);
  base::user_error("cannot start '{}': {}. It belongs beside this program; build or install asterism again.", program,
                   std::strerror(errno));
}

int run(int argc, char** argv) {
  try {
    const std::string name = argc > 1 ? argv[1] : "--help";
    int code = 0;
    if (name == "--help" || name == "-h" || name == "help")
      print_help();
    else if (name == "--version")
      fmt::print("asterism {}\n", ASTERISM_VERSION);
    else
      code = dispatch(name, Arguments(argv + 2, argv + argc), argv);
    if (std::fflush(stdout) != 0) return fail(base::kExitData, "standard output cannot be written (disk full?).");
    return code;
  } catch (const base::Interrupted& error) {
    return fail(base::kExitInterrupted, error.what());
  } catch (const base::UserError& error) {
    return fail(base::kExitUser, error.what());
  } catch (const base::DataError& error) {
    return fail(base::kExitData, error.what());
  } catch (const std::bad_alloc&) {
    return fail(base::kExitInternal, "out of memory. Use a smaller --batch-size, or a machine with more.");
  } catch (const std::system_error& error) {
    // What fmt::print throws when standard output takes no more.
    if (std::ferror(stdout) != 0) return fail(base::kExitData, "standard output cannot be written (disk full?).");
    return fail(base::kExitInternal, error.what());
  } catch (const std::exception& error) {
    return fail(base::kExitInternal, error.what());
  }
}

}  // namespace asterism::apps
