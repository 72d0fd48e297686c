// asterism data: survey files or the mock sky to datasets, and a look at them.

#include <fmt/core.h>

#include "apps/commands.h"
#include "apps/data/data_commands.h"
#include "base/error.h"

namespace asterism::apps {
namespace {

struct DataCommand {
  const char* name;
  const char* sentence;
  int (*run)(const Arguments&);
};

const DataCommand kCommands[] = {
    {"import", "survey files to a dataset", data_import},
    {"mock", "the mock sky to a dataset", data_mock},
    {"inspect", "what is in a dataset, and what looks wrong", data_inspect},
    {"match", "objects of one dataset near those of another", data_match},
    {"join", "two datasets of the same objects to one", data_join},
    {"select", "rows of a dataset by place or id", data_select},
    {"cache", "a dataset in the form that training reads fastest", data_cache},
};

}  // namespace

int data_command(const Arguments& arguments) {
  const std::string name = arguments.empty() ? "--help" : arguments[0];
  if (name == "--help" || name == "-h") {
    fmt::print("usage: asterism data COMMAND [OPTION ...]\n\n");
    for (const DataCommand& command : kCommands) fmt::print("  {:<10} {}\n", command.name, command.sentence);
    fmt::print("\nExample:\n  asterism data mock legacy desi --objects 1000 mock\n  asterism data inspect mock\n");
    return 0;
  }
  std::vector<std::string> names;
  for (const DataCommand& command : kCommands) {
    if (name == command.name) return command.run(Arguments(arguments.begin() + 1, arguments.end()));
    names.emplace_back(command.name);
  }
  base::user_error("there is no command 'data {}'; the nearest is 'data {}'", name, base::nearest(name, names));
}

}  // namespace asterism::apps
