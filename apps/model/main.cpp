// The program `asterism-model`: the commands that need libtorch. Started by `asterism`, not by hand.

#include <c10/util/Exception.h>

#include <stdexcept>
#include <string>

#include "apps/commands.h"
#include "base/error.h"
#include "base/keep_memory.h"
#include "io/place.h"

namespace asterism::apps {
namespace {

// The command, with ATen's errors without their stacks; and memory that ran out, a GPU's mostly, is no defect.
template <int (*command)(const Arguments&)>
int plainly(const Arguments& arguments) {
  try {
    return command(arguments);
  } catch (const c10::Error& error) {
    const std::string what = error.what_without_backtrace();
    const bool full = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
                      what.find("can't allocate memory") != std::string::npos;
    if (full)
      base::user_error(
          "memory ran out: take fewer objects at once (--batch-size; of train --set train.micro_batches=2, 4, ...), or "
          "--device cpu where a GPU's is too small. {}",
          what.substr(0, what.find(". ")));
    throw std::runtime_error(what);
  }
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"train", "train what a recipe describes", plainly<train_command>},
      {"tokenize", "a dataset to columns of tokens", plainly<tokenize_command>},
      {"embed", "add a vector to every object of a dataset", plainly<embed_command>},
      {"predict", "posteriors of what was not observed, given what was", plainly<predict_command>},
      {"evaluate", "ask a model the questions an astronomer would", plainly<evaluate_command>},
      {"model", "inspect or verify a model folder", plainly<model_command>},
      {"tour", "the whole life of a small model, ending in one report", plainly<tour_command>},
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
