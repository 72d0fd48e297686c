// The program `asterism-model`: the commands that need libtorch. Started by `asterism`, not by hand.

#include "apps/commands.h"
#include "base/keep_memory.h"
#include "io/place.h"

namespace asterism::apps {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"train", "train what a recipe describes", train_command},
      {"tokenize", "a dataset to columns of tokens", tokenize_command},
      {"embed", "add a vector to every object of a dataset", embed_command},
      {"predict", "posteriors of what was not observed, given what was", predict_command},
      {"evaluate", "ask a model the questions an astronomer would", evaluate_command},
      {"model", "inspect or verify a model folder", model_command},
      {"tour", "the whole life of a small model, ending in one report", tour_command},
  };
  return table;
}

}  // namespace asterism::apps

int main(int argc, char** argv) {
  asterism::base::keep_freed_memory();
  const int code = asterism::apps::run(argc, argv);
  asterism::io::close_stores();
  return code;
}
