#pragma once
// An exponential average of the weights: often better than the last weights, at the price of a copy.

#include <map>
#include <string>
#include <vector>

#include "nn/parameters.h"

namespace asterism::nn {

// average = decay average + (1 - decay) weight, tensor by tensor, without gradients.
void move_averages(const std::vector<at::Tensor>& averages, const std::vector<at::Tensor>& weights, double decay);

class WeightAverage {
 public:
  // Starts as a copy of the parameters that learn (not of frozen ones, which are their own average, nor of buffers).
  // decay in [0, 1). `parameters` must outlive this.
  WeightAverage(Parameters& parameters, double decay);

  void update();  // average = decay * average + (1 - decay) * weight; early: decay_t = min(decay, (1+t)/(10+t))
  const std::map<std::string, at::Tensor>& average() const { return average_; }

  // For a checkpoint: the average by parameter name, and "updates".
  std::map<std::string, at::Tensor> state() const;
  void load_state(const std::map<std::string, at::Tensor>& state,
                  const std::string& source);  // DataError as Parameters::load

  // While it lives, the parameters hold the average (evaluation, saving).
  class Swap {
   public:
    explicit Swap(WeightAverage& average);
    ~Swap();
    Swap(const Swap&) = delete;
    Swap& operator=(const Swap&) = delete;

   private:
    void exchange();
    WeightAverage& average_;
  };

 private:
  Parameters& parameters_;
  double decay_;
  int64_t updates_ = 0;
  std::map<std::string, at::Tensor> average_;
};

}  // namespace asterism::nn
