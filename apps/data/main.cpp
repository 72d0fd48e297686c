// The program `asterism`. It holds the commands that need no model and never loads libtorch (0.25 s at every start);
// for the others it becomes asterism-model.

#include "apps/commands.h"

namespace asterism::apps {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"data", "survey files or the mock sky to datasets: import, mock, inspect, match, cache", data_command},
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

int main(int argc, char** argv) { return asterism::apps::run(argc, argv); }
