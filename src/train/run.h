#pragma once
// A whole run from a recipe file: what `asterism train` does.

#include <filesystem>
#include <string>
#include <vector>

#include "train/loop.h"

namespace asterism::train {

struct TrainRequest {
  std::filesystem::path recipe;        // empty: the folder's own, to resume it
  std::vector<std::string> overrides;  // "train.steps=200"
  std::filesystem::path folder;        // of the run
  bool resume = false;
  bool accept_changes = false;  // resume although recipe or data changed
};

// Reads the recipe, makes data and objective, trains, and leaves in the folder: recipe.toml (resolved), run.json
// (version, seed, data hashes, threads, device, precision, result), metrics.jsonl, checkpoints/, model/. Throws as
// read_recipe and train do.
RunResult train_from_recipe(const TrainRequest& request);

}  // namespace asterism::train
