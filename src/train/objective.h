#pragma once
// What the one training loop knows of a task: a step gives a loss, and something must be kept.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "modalities/block.h"
#include "models/warm_start.h"
#include "nn/outcome.h"
#include "nn/parameters.h"

namespace asterism::train {

struct StepContext {
  uint64_t seed = 0;
  int64_t epoch = 0, step = 0, total_steps = 0;
  bool training = true;  // false: validation, no dropout, masks drawn with a fixed epoch
};

class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::string kind() const = 0;  // its name in train/all.cpp
  // The mean loss over the objects of the batch that can be learned from. Every random choice is keyed by
  // (context.seed, context.epoch, object hash, purpose). nn::NothingToLearn when no object of the batch has what the
  // task needs.
  virtual nn::Outcome step(const modalities::Batch& batch, const StepContext& context) = 0;
  // False where the loss couples the objects of a batch (each is the others' negative, or statistics are the batch's):
  // then a batch cannot be cut into pieces. True: the pieces' losses, weighted by their objects, are a loss as good as
  // the whole batch's, if not always the same number (any_to_any: see TrainSettings::micro_batches).
  virtual bool separable() const { return true; }
  // True where the loss couples the objects of a batch and its gradient can be had piece by piece all the same:
  // add_gradient_in_pieces then adds to parameters() the gradient that step()'s loss would have, and gives that loss
  // back detached.
  virtual bool couples_in_pieces() const { return false; }
  virtual nn::Outcome add_gradient_in_pieces(const modalities::Batch& batch, const StepContext& context,
                                             int64_t pieces);
  // True where what is saved is a running average of the weights that the task keeps by itself.
  virtual bool has_teacher() const { return false; }
  virtual void after_update(const StepContext&) {}  // teacher, weight averages
  // Before an update: a factor on the learning rate of each parameter by name, 0 to leave it as it is. Empty: all 1.
  virtual std::function<double(const std::string& name)> rate_factors(const StepContext&) const { return {}; }
  virtual nn::Parameters& parameters() = 0;  // everything a checkpoint must hold
  // After prepare() and start_from(): computes there from now on (nn/device.h), and its losses and figures lie there.
  virtual void to(const at::Device& device) { parameters().to(device); }
  // What prepare() learns and parameters() does not hold, shared with the task; nullptr: nothing. A checkpoint holds it
  // too: weights that grew on bins must not be continued on others.
  virtual nn::Parameters* statistics() { return nullptr; }
  virtual void prepare(const modalities::Batch&) {
  }  // before step 0: statistics (bins, scales) from a first sample of the data
  // After prepare(), before step 0: takes weights from another model's folder. Here: tensors of model.safetensors whose
  // name and shape fit.
  virtual models::WarmStart start_from(const std::filesystem::path& folder);
  // Before each save, with objects of the validation side: what is set by looking at the finished weights.
  virtual void calibrate(std::span<const modalities::Batch>) {}
  // The finished model, as models/ or tokenizers/ write it: a model that is in the folder is exchanged in one step.
  virtual void save(const std::filesystem::path& folder) const = 0;
};

}  // namespace asterism::train
