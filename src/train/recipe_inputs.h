#pragma once
// Is there what a recipe names: its datasets, and the models of other runs?

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "train/recipe.h"

namespace asterism::train {

// UserError naming a dataset that is missing, with the command of the recipe; a scalar of model.modalities that no
// dataset has, with the nearest; or a model <runs>/<name>/model that is
// missing (a codec, a backbone, train.init) with the command that makes it, where <name>.toml lies beside `file`, the
// recipe's. A model that no recipe there makes is left to those who read it, and train.init of a run that goes on
// (`begins` is false) to whether it is still needed.
void check_inputs(const Recipe& recipe, const std::filesystem::path& file, bool begins = true);

// {folder as the settings name it: fingerprint (source.h)} of the models that they name: codecs, backbones. Not of
// train.init: its weights are in the run's checkpoints, and a run goes on where it is gone.
nlohmann::json model_hashes(const Recipe& recipe);

}  // namespace asterism::train
