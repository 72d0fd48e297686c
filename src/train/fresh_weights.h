#pragma once
// The first phase of training a model that began from another: what is new learns, what came with the other model stays
// as it was, bit by bit. Tensors that are partly new (a row more for a scalar more) are held row by row.

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "models/warm_start.h"
#include "nn/parameters.h"
#include "train/objective.h"
#include "train/settings.h"

namespace asterism::train {

// Brings the weights of the model that settings.init names, if any; what is new, where that alone is to learn at first.
// step: that the run goes on from (0: it begins). One that goes on has its weights in its checkpoint, and needs the
// other model only while that one's weights are held. UserError: no such model, or new_first where nothing is new.
std::optional<models::WarmStart> start_from_another(Objective& objective, const TrainSettings& settings, int64_t step);

class FreshWeights {
 public:
  // `parameters` (which must outlive this) as they are now: with the other model's values.
  FreshWeights(const nn::Parameters& parameters, const models::WarmStart& start);

  void before_update();  // takes the gradients of old weights away: they neither move nor count for the clipping
  void after_update();   // puts back what weight decay did to old rows

 private:
  struct Partly {
    at::Tensor weight, fresh, old;
  };
  std::vector<at::Tensor> held_;  // wholly old
  std::vector<Partly> partly_;
};

}  // namespace asterism::train
