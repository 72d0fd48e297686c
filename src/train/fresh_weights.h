#pragma once
// The first phase of training a model that began from another: what is new learns, what came with the other model stays
// as it was, bit by bit. Tensors that are partly new (a row more for a scalar more) are held row by row.

#include <ATen/ATen.h>

#include <vector>

#include "models/warm_start.h"
#include "nn/parameters.h"

namespace asterism::train {

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
