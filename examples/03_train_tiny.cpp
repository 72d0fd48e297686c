// Trains an any-to-any model of four fluxes and a redshift for a few seconds, then asks it for p(z | g, r) of one
// galaxy.

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
  for (const char* name : {"flux_g", "flux_r", "flux_i", "flux_z", "redshift"}) settings.modalities[name].bins = 64;

  train::AnyToAnyObjective objective(std::make_unique<models::AnyToAny>(settings));
  const auto sky = sky::observe_scalars(/*seed=*/1, 0, 8192, {"legacy"});
  data::MemoryOptions memory;
  memory.batch_size = 256;
  data::MemorySource source(sky, memory);

  const base::TemporaryFolder folder;
  train::TrainSettings training;
  training.steps = 60;
  const auto result = train::train(objective, source, nullptr, training, {.folder = folder / "run"});
  fmt::print("{} steps, {:.0f} objects/s, loss {:.3f}\n", result.steps, result.objects_per_s, result.loss);

  const auto one = sky::observe_scalars(/*seed=*/2, 0, 1, {"legacy"});
  const auto answer = objective.model().predict(one, {.given = {"flux_g", "flux_r"}, .targets = {"redshift"}});
  const auto& p = answer.scalars.at("redshift");
  fmt::print("p(z | g, r): median {:.3f}, 68% in [{:.3f}, {:.3f}]; truth {:.3f}\n", p.median_N()[0].item<double>(),
             p.quantile_N(0.16)[0].item<double>(), p.quantile_N(0.84)[0].item<double>(),
             std::get<modalities::ScalarBlock>(one.blocks.at("redshift")).value[0]);
} catch (const std::runtime_error& error) {  // UserError, DataError: what was asked for, or a file, is wrong
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
