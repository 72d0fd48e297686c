#pragma once
// Classifier-free guidance of draws (Ho & Salimans 2022; several conditions: Liu et al. 2022): the logits of a model
// asked with nothing, with everything, or with one input at a time, mixed. Letters: W worlds, R rows, V codes.

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace asterism::models {

// s of l_u + s (l_c - l_u), the logits without and with all that is given; or, where `of` names inputs, w_i of
// l_u + sum w_i (l_i - l_u), the logits given one of them each: then `weight` is not used.
struct Guidance {
  Guidance(double s = 1) : weight(s) {}
  double weight;
  std::map<std::string, double> of;
  bool plain() const { return of.empty() && weight == 1; }
  bool operator==(const Guidance&) const = default;
};

// What the logits are mixed of: each world shows some of the inputs, and has a weight; the weights sum to 1.
struct World {
  std::vector<uint8_t> shown;  // by input
  double weight = 1;
};

// The worlds of the inputs of these names. UserError for a weight that is not finite, and for guidance by something
// that is not among them (names the nearest).
std::vector<World> worlds_of(const std::vector<std::string>& inputs, const Guidance& guidance);

// The weighted sum of [W, R, V] in float32: [R, V]. What is impossible (-infinity) in the first world stays so.
at::Tensor mixed(const at::Tensor& logits_WRV, const std::vector<World>& worlds);

}  // namespace asterism::models
