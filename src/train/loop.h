#pragma once
// The one training loop. It knows objectives and batches, nothing of models or files of data.
//
//   auto result = train(objective, source, &validation, settings, {.folder = "runs/a", .identity = recipe_text});
//
// In the run's folder: metrics.jsonl, checkpoints/ (see checkpoint.h), model/ (the finished model, with averaged
// weights where they are kept). Same seed, same thread count: the same bits, also through an interruption and `resume`.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "data/batch_source.h"
#include "train/objective.h"
#include "train/settings.h"

namespace asterism::train {

struct RunResult;

struct RunOptions {
  std::filesystem::path folder;
  std::string identity;         // text of all that determines the result besides TrainSettings: model, data; hashed
  bool resume = false;          // go on from the newest checkpoint where there is one
  bool accept_changes = false;  // resume although settings or identity changed
  bool save_model = true;       // write model/ at the end
  std::optional<at::Device> device;  // where it computes, instead of what settings.device says
  // Called when nothing refuses the run any more and nothing of it is written yet: `resumed`, first_step and precision
  // are known by then.
  std::function<void(const RunResult&)> on_begin;
};

struct RunResult {
  bool resumed = false;      // from a checkpoint
  int64_t first_step = 0;    // where this process began; steps: there was nothing left to do
  int64_t steps = 0;         // updates done, those before a resume included
  bool interrupted = false;  // stop_requested(): state saved, the caller exits with base::kExitInterrupted
  std::string precision;     // as used
  std::string device;        // as nn::describe says it
  int64_t threads = 0;       // as used; 0: the run ended before it was settled
  double loss = 0;           // mean of the last line of the log, also where an earlier process wrote it
  std::map<std::string, double> validation;  // "loss" and the figures of the last validation; empty without a source
  double best_validation = 0;                // lowest validation loss; only with a validation source
  int64_t best_step = 0;
  int64_t skipped_batches = 0;            // of this process: no object in them had what the task needs
  double seconds = 0, objects_per_s = 0;  // of this process; no rate where it had nothing left to do
};

// Trains from the current weights (or the newest checkpoint) to settings.steps. `train` must be endless (shuffling).
// UserError: the folder holds checkpoints and `resume` is not set; settings or identity changed since; the source runs
// dry; 20 batches in a row without anything to learn. DataError: a loss or gradient that is not finite (the message
// names objects of the batch, all of them are in nonfinite.json; no weight was changed by them; on a GPU it is
// noticed some steps later, before anything is written), or a full disk. A
// validation side without anything to judge is a warning, and the run goes on without it.
RunResult train(Objective& objective, data::BatchSource& train, data::BatchSource* validation,
                const TrainSettings& settings, const RunOptions& options);

// The weighted mean loss and figures over at most `batches` batches from the beginning of `source`, without gradient.
// Names: "loss" and the objective's own. UserError when no batch had anything to judge.
std::map<std::string, double> validate(Objective& objective, data::BatchSource& source, int64_t batches, uint64_t seed);

}  // namespace asterism::train
