#include "train/settings.h"

#include "base/error.h"
#include "train/objective.h"

namespace asterism::train {

void TrainSettings::describe(config::Fields& f) {
  f.add("steps", steps, "updates of the weights").between(1, 1e9);
  f.add("seed", seed, "of weights, data order, masks and dropout").between(0, 1e15);
  f.add("init", init, "model folder whose weights are taken where names and shapes fit; empty: none");
  f.add("new_first", new_first, "steps in which only what init did not bring learns, before everything does")
      .between(0, 1e9);
  optimiser.describe(f);
  f.add("device", device, "where it computes: cpu, cuda, cuda:1 (the second GPU) or auto, a GPU where there is one");
  f.add("precision", precision, "number type of products; auto: bf16 on a GPU, measured on a CPU")
      .one_of({"fp32", "bf16", "auto"});
  f.add("threads", threads, "threads of the products; 0: all or one, whichever the first steps show to be faster")
      .between(0, 4096);
  f.add("micro_batches", micro_batches,
        "pieces a batch is cut into to save memory; any_to_any: each with its own means; contrastive: exact")
      .between(1, 4096);
  f.add("weight_average", weight_average, "decay of the average of the weights that is saved; 0: none")
      .between(0, 0.999999);
  f.add("log_every", log_every, "steps between lines of metrics").between(1, 1e9);
  f.add("validate_every", validate_every, "steps between validations; 0: at the end alone").between(0, 1e9);
  f.add("validate_batches", validate_batches, "batches of a validation").between(1, 1e9);
  f.add("calibrate", calibrate,
        "any_to_any, adapted: set the temperature of each scalar's posterior on the validation batches, where 100 of "
        "their objects or more have it");
  f.add("keep_best", keep_best, "save the model of the lowest validation loss instead of the last");
  f.add("checkpoint_every", checkpoint_every, "steps between checkpoints").between(1, 1e9);
  f.add("keep", keep, "checkpoints that stay").between(1, 1000);
  f.add("prepare_objects", prepare_objects, "training objects that scales and bins are learned from").between(2, 1e8);
}

void check(const TrainSettings& settings, const Objective& objective) {
  if (settings.micro_batches > 1 && !objective.separable() && !objective.couples_in_pieces())
    base::user_error(
        "train.micro_batches = {}: the loss of {} couples the objects of a batch, so it cannot be cut; set it to 1",
        settings.micro_batches, objective.kind());
  if (settings.weight_average > 0 && objective.has_teacher())
    base::user_error(
        "train.weight_average = {}: the model of {} gives the vectors of its teacher, which is an average already "
        "(model.momentum_start); set it to 0",
        settings.weight_average, objective.kind());
}

std::string resume_identity(TrainSettings settings) {
  const TrainSettings defaults;
  settings.log_every = defaults.log_every;
  settings.validate_every = settings.keep_best ? settings.validate_every : defaults.validate_every;
  settings.validate_batches = settings.keep_best ? settings.validate_batches : defaults.validate_batches;
  settings.checkpoint_every = defaults.checkpoint_every;
  settings.keep = defaults.keep;
  settings.precision = defaults.precision;  // a checkpoint remembers what was used
  settings.threads = defaults.threads;      // and so with these
  settings.device = defaults.device;
  return config::to_json(config::fields_of(settings));
}

std::string judging_identity(const TrainSettings& settings) {
  TrainSettings judging;
  judging.seed = settings.seed;  // of masks
  judging.validate_batches = settings.validate_batches;
  judging.keep_best = settings.keep_best;  // else the model that lies there is the last one
  return config::to_json(config::fields_of(judging));
}

}  // namespace asterism::train
