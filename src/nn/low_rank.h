#pragma once
// Low-rank adapters (LoRA, Hu et al. 2022): chosen matrices of a finished model become W + scale * U V with U [out, r]
// (zeros) and V [r, in] (normal, 1 / sqrt(in)), and only U and V learn. It works on the tensors that layers hold, so
// that any model with named parameters can be adapted without knowing of it.
//
//   nn::LowRank adapters(model.parameters(), learned, settings, seed);   // the model's own weights are frozen
//   adapters.apply(); loss_of(model).backward();                         // gradients arrive in `learned`

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nn/parameters.h"

namespace asterism::nn {

// Products of attention and MLP by the names that this house, 4M and timm give them: ".attn.", "self_attn.",
// "cross_attn.", "attention.", ".mlp.".
bool is_block_product(const std::string& name);

class LowRank {
 public:
  struct Settings {
    int64_t rank = 4;  // of each matrix; fused q, k, v count as three, k, v as two
    double scale = 1;
  };
  // Freezes all parameters of `model` and registers "<name>.up" and "<name>.down" in `learned` for each matrix that
  // `choose` picks. Both must outlive this. UserError where it picks none.
  LowRank(Parameters& model, Parameters& learned, const Settings& settings, uint64_t seed,
          const std::function<bool(const std::string&)>& choose = is_block_product);

  // The model's matrices become what the adapters say now; differentiable in them where gradients are enabled. Before
  // each step, and after loading. Without gradients, matrices that say it already are left alone: whoever keeps packed
  // copies of them need not make them again.
  void apply() const;
  void remove() const;  // the matrices as they were before

  int64_t matrices() const { return int64_t(adapted_.size()); }

 private:
  struct Adapted {
    at::Tensor weight, base, up, down;
    std::array<int64_t, 3> applied = {-1, -1, -1};  // versions of weight, up and down after the last apply
    std::array<int64_t, 3> versions() const;
  };
  mutable std::vector<Adapted> adapted_;
  double scale_;
};

}  // namespace asterism::nn
