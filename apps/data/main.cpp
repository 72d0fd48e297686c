// The program `asterism`. It holds the commands that need no model and never loads libtorch (0.25 s at every start);
// for the others it becomes asterism-model.

#include <string_view>

#include "apps/commands.h"
#include "base/keep_memory.h"
#include "io/hdf5_child.h"
#include "io/place.h"

namespace asterism::apps {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"data", "survey files or the mock sky to datasets: import, mock, inspect, select, match, join, cache",
       data_command},
      {"train", "train what a recipe describes", nullptr},
      {"tokenize", "a dataset to columns of tokens", nullptr},
      {"embed", "add a vector to every object of a dataset", nullptr},
      {"predict", "posteriors of what was not observed, given what was", nullptr},
      {"evaluate", "ask a model the questions an astronomer would", nullptr},
      {"index", "vectors to a search index", index_command},
      {"search", "objects most like these", search_command},
      {"model", "inspect or verify a model folder", nullptr},
      {"tour", "the whole life of a small model, ending in one report", nullptr},
  };
  return table;
}

}  // namespace asterism::apps

int main(int argc, char** argv) {
  // Started by io::Hdf5File with limits and pipes: not a command, and in no help.
  if (argc == 3 && std::string_view(argv[1]) == "hdf5-child") return asterism::io::serve_hdf5(argv[2], 0, 1);
  asterism::base::keep_freed_memory();  // tables and tiles come and go, of one size
  const int code = asterism::apps::run(argc, argv);
  asterism::io::close_stores();
  return code;
}
