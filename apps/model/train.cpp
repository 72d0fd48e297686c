#include <fmt/core.h>

#include "apps/commands.h"
#include "apps/options.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "train/recipe.h"
#include "train/run.h"

namespace asterism::apps {

int train_command(const Arguments& arguments) {
  CommandLine line("train", "Trains what a recipe describes.",
                   "asterism train recipes/scalars_redshift.toml --out runs/redshift --set train.steps=200");
  train::TrainRequest request;
  bool settings = false;
  std::string device;
  line.app.add_option("RECIPE", request.recipe,
                      "TOML file; those that come with asterism lie in recipes/; not needed with --resume");
  line.app.add_option("--out", request.folder, "folder to make: model, metrics, checkpoints");
  line.app.add_option("--set", request.overrides, "override a setting of the recipe: train.steps=200; may be repeated");
  line.app.add_option("--device", device, "where it computes, as train.device: cpu, cuda, cuda:1 or auto");
  auto* resume = line.app.add_flag("--resume", request.resume, "go on from the newest checkpoint in the folder");
  line.app.add_flag("--accept-changes", request.accept_changes, "resume although recipe or data changed")
      ->needs(resume);
  line.app.add_flag("--settings", settings, "print every setting that a recipe can have");
  if (!line.parse(arguments)) return 0;
  if (settings) return fmt::print("{}", train::recipe_help()), 0;
  if (request.folder.empty() || (request.recipe.empty() && !request.resume))
    base::user_error("train needs RECIPE and --out RUN, or --out RUN --resume. 'asterism train --help' tells more.");
  if (!device.empty()) request.overrides.push_back("train.device=" + device);
  base::install_stop_signals();
  const train::RunResult result = train::train_from_recipe(request);
  if (line.json) {
    base::JsonLine out;
    out.add("run", request.folder.string())
        .add("steps", result.steps)
        .add("loss", result.loss)
        .add("interrupted", result.interrupted)
        .add("device", result.device)
        .add("precision", result.precision)
        .add("seconds", result.seconds);
    if (result.steps > result.first_step) out.add("objects_per_s", result.objects_per_s);
    fmt::print("{}\n", out.str());
  } else if (result.first_step == result.steps && !result.interrupted) {
    fmt::print("{}: {} steps, loss {:.4g}; all of them were done before\n", request.folder.string(), result.steps,
               result.loss);
  } else {
    fmt::print("{}: {} steps, loss {:.4g}, {:.0f} objects/s{}\n", request.folder.string(), result.steps, result.loss,
               result.objects_per_s, result.interrupted ? "; interrupted, state saved: run again with --resume" : "");
  }
  return result.interrupted ? base::kExitInterrupted : 0;
}

}  // namespace asterism::apps
