#pragma once
// How a run trains, whatever it trains: the [train] table of a recipe.

#include <cstdint>
#include <string>

#include "config/settings.h"
#include "nn/optim.h"

namespace asterism::train {

struct TrainSettings {
  int64_t steps = 1000;
  int64_t seed = 0;             // of weights, data order, masks and dropout
  std::string init;             // model folder to start from; empty: from first values drawn by the seed
  int64_t new_first = 0;        // steps in which only what `init` did not bring learns; all does afterwards
  nn::AdamWSettings optimiser;  // its keys stand in [train] itself: learning_rate, warmup, clip_norm ...
  // "fp32", "bf16" (products; weights stay fp32) or "auto": bf16 on a GPU, measured on a CPU; what was chosen is kept
  // for resuming
  std::string precision = "fp32";
  std::string device = "auto";  // where it computes, see nn/device.h; a run may be resumed on another
  int64_t threads =
      0;  // of the CPU; 0: the faster of all and one, measured on the first steps and kept for resuming (GPU: all)
  // A batch is cut into so many pieces, one after the other: less memory. Each piece's loss counts by its objects with
  // something to learn. For losses that are a mean over objects that is the same gradient; any_to_any takes means over
  // the tokens of each modality, and takes them in each piece alone: close to the whole batch's, not equal. For
  // contrastive it is the gradient of the whole batch all the same, at the price of a second forward pass (gradient
  // cache, Gao et al. 2021). Refused for tokenizers, whose loss couples the objects of a batch.
  int64_t micro_batches = 1;
  double weight_average = 0;        // decay of the running average of the weights; what is evaluated and saved. 0: none
  int64_t log_every = 10;           // steps between lines of metrics.jsonl
  int64_t validate_every = 0;       // steps; 0: at the end alone
  int64_t validate_batches = 16;    // at most so many batches of the validation side, always the same
  bool calibrate = true;            // before a save, temperatures of posteriors are set on those batches
  bool keep_best = false;           // the saved model is the one with the lowest validation loss, not the last
  int64_t checkpoint_every = 500;   // steps; and always at the end
  int64_t keep = 2;                 // checkpoints that stay
  int64_t prepare_objects = 16384;  // scales and bins are learned from so many training objects (or 2 GiB of them)
  void describe(config::Fields& f);
};

class Objective;
// UserError for what is asked of a task that cannot be trained so.
void check(const TrainSettings& settings, const Objective& objective);

// What must not differ between a run and its continuation, as JSON text: everything above except how often things are
// written.
std::string resume_identity(TrainSettings settings);

// What of it must not differ between two validations whose losses are compared to keep the better model.
std::string judging_identity(const TrainSettings& settings);

}  // namespace asterism::train
