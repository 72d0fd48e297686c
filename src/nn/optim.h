#pragma once
// AdamW (Loshchilov & Hutter 2019) by ATen's fused kernel, its schedule, and clipping.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "nn/parameters.h"

namespace asterism::nn {

struct AdamWSettings {
  double learning_rate = 1e-3;  // at the peak
  double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
  double weight_decay = 0.05;      // of matrices only: tensors of fewer than two dimensions larger than 1 never decay
  double final_weight_decay = -1;  // reached at the end along a cosine; -1: it stays
  double clip_norm = 1;            // 0: never
  std::string schedule = "cosine";
  double warmup = 0.05;       // share of all steps, linear
  double final_fraction = 0;  // of the peak, at the end
  void describe(config::Fields& fields);
};

// The learning rate of a step 0 .. total-1: linear up over the warm-up, then by `schedule`: "cosine", "constant" or
// "linear".
double learning_rate(const AdamWSettings& settings, int64_t step, int64_t total_steps);

// The weight decay of a step 0 .. total-1.
double weight_decay(const AdamWSettings& settings, int64_t step, int64_t total_steps);

// sqrt of the sum of squares of all gradients (undefined ones count 0) as a scalar tensor; scales them all down where
// it exceeds max_norm (0: only measures). A norm that is not finite leaves the gradients as they are: the caller looks
// at it.
at::Tensor clip_gradients(const std::vector<at::Tensor>& parameters, double max_norm);

class AdamW {
 public:
  AdamW(Parameters& parameters,
        AdamWSettings settings);  // trainable parameters, by name; `parameters` must outlive this

  // Parameters without a gradient are left alone; gradients are kept.
  void step(double learning_rate) { step(learning_rate, settings_.weight_decay); }
  // `leave`: a float32 scalar where the weights are; 1 leaves everything as it is (that a device need not be waited
  // for).
  void step(double learning_rate, double weight_decay, const at::Tensor& leave = {});
  // A factor on the learning rate of parameters by name (0 freezes); the default is 1.
  void set_rate_factor(const std::function<double(const std::string&)>& factor);

  // For a checkpoint: "<name>.exp_avg", "<name>.exp_avg_sq", "<name>.step".
  std::map<std::string, at::Tensor> state() const;
  void load_state(const std::map<std::string, at::Tensor>& state, const std::string& source);

 private:
  struct Entry {
    std::string name;
    at::Tensor weight, first, second, steps;
    bool decays = false;
    double factor = 1;
  };
  AdamWSettings settings_;
  std::vector<Entry> entries_;
};

}  // namespace asterism::nn
