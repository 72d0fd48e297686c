// Draws a redshift and a flux together, given two other fluxes, and asks how probable a model finds what was recorded:
// a flux_z that is wrong stands out.

#include <fmt/core.h>

#include <stdexcept>

#include "base/temporary_folder.h"
#include "data/memory_source.h"
#include "models/any_to_any.h"
#include "sky/observe.h"
#include "train/any_to_any_objective.h"
#include "train/loop.h"

int main() try {
  using namespace asterism;
  models::AnyToAnySettings settings;
  settings.width = 32;
  settings.encoder_layers = 2;
  settings.decoder_layers = 1;
  for (const char* name : {"flux_g", "flux_r", "flux_z", "redshift"}) {
    settings.modalities[name].bins = 64;
    settings.modalities[name].hide_error = 0.5;  // what is drawn has no error when it goes in again
  }
  train::AnyToAnyObjective objective(std::make_unique<models::AnyToAny>(settings));
  data::MemorySource source(sky::observe_scalars(/*seed=*/1, 0, 8192, {"legacy"}), {.batch_size = 256});
  const base::TemporaryFolder folder;
  train::TrainSettings training;
  training.steps = 150;
  train::train(objective, source, nullptr, training, {.folder = folder / "run"});

  // The five lines: joint draws, and ln p(flux_z | flux_g, flux_r).
  auto sky = sky::observe_scalars(/*seed=*/2, 0, 300, {"legacy"});
  std::get<modalities::ScalarBlock>(sky.blocks.at("flux_z")).value[0] *= 20;  // by mistake
  const auto draws = objective.model().sample_joint(
      sky, {.given = {"flux_g", "flux_r"}, .targets = {"redshift", "flux_z"}, .sampler = {.samples = 3}});
  const auto ln_p_N = objective.model().log_likelihood_N(sky, {"flux_g", "flux_r"}, "flux_z");

  for (const auto& draw : draws)
    fmt::print("drawn together: z = {:.3f}, flux_z = {:.2f}\n",
               std::get<modalities::ScalarBlock>(draw.blocks.at("redshift")).value[0],
               std::get<modalities::ScalarBlock>(draw.blocks.at("flux_z")).value[0]);
  fmt::print("ln p(flux_z | flux_g, flux_r): {:.1f} where it is twenty times too bright, median {:.1f}\n",
             ln_p_N[0].item<double>(), ln_p_N.nanmedian().item<double>());
} catch (const std::runtime_error& error) {  // UserError, DataError: what was asked for, or a file, is wrong
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
