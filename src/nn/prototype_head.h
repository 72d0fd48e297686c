#pragma once
// The head of DINO and iBOT: vectors to unit vectors of a bottleneck, which are compared with learned unit vectors, the
// prototypes. Keys "mlp.0", "mlp.2" ... (linear layers with GELU between), "last_layer.weight_v". As published, the
// prototypes' length is held at 1. Letters: N rows, K prototypes, E bottleneck.

#include <vector>

#include "nn/linear.h"

namespace asterism::nn {

struct PrototypeHeadSettings {
  int64_t in = 384, hidden = 2048, bottleneck = 256, prototypes = 65536, layers = 3;
};

struct PrototypeHead {
  PrototypeHead() = default;
  PrototypeHead(const Scope& scope, const PrototypeHeadSettings& settings);
  at::Tensor operator()(const at::Tensor& x_ND) const;  // [N, E], rows of unit length
  at::Tensor prototypes() const;                        // [K, E], rows of unit length

  std::vector<Linear> layers;
  at::Tensor weight_v;
};

}  // namespace asterism::nn
