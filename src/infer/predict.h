#pragma once
// What a model says about quantities that were not given to it: what `asterism predict` does.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "infer/map_dataset.h"
#include "models/predictor.h"

namespace asterism::infer {

struct PredictOptions {
  std::filesystem::path model, dataset, out;
  std::vector<std::string> given;    // empty: all that data and model share, except the targets
  std::vector<std::string> targets;  // at least one
  bool posterior = true;             // the whole histogram of each scalar target, besides its summary
  int64_t draws = 0;                 // of each scalar's posterior, as a list column
  int64_t joint = 0;                 // of all targets together: joint_draws.h, chain_draws.h
  bool likelihood = false;           // ln p of what was recorded (likelihood.h), a column for each target
  models::Sampler sampler;           // for images, spectra and lists of sources
  bool decoded = false;              // each of their samples as such too, not only its tokens
  int64_t passes = 0;                // > 0: average over this many passes with dropout on
  std::string device = "auto";       // where it computes: nn::choose_device
  std::string precision = "fp32";    // or "bf16", "int8", "auto": nn::choose_precision
  bool keep_scalars = true;
  int64_t batch_size = 256;
  bool resume = false;
  int64_t shard = 0, shards = 1;
  std::vector<std::string> told = {};  // options that were given, "--steps": refused where they have no effect
};

// Writes a dataset with, for a scalar target t: t_mean, t_std, t_median, t_mode, t_q05, t_q16, t_q84, t_q95, and
// t_posterior (probabilities; the edges of the bins stand as JSON in the column's metadata, `asterism:edges`); of
// classes t_mode, the most probable one, and t_posterior alone. Of an
// image or spectrum: t_tokens_<i> of each sample, the mean of the samples as a column t_predicted in the layout of
// datasets, and each sample as t_sample_<i> where they are to be decoded; of a list of sources the same without a mean.
// Null where nothing was given. DataError naming the object whose posterior is not finite, whether it is
// written or not. UserError as map_dataset; for a model that cannot predict; for a target that is also given; for
// settings that change nothing about these targets (steps of a scalar, draws of an image).
MapResult predict(const PredictOptions& options);

// The columns of one batch.
NewColumns predict_batch(const models::Predictor& model, const modalities::Batch& batch, const PredictOptions& options);

}  // namespace asterism::infer
