#pragma once
// How one image or spectrum modality goes in: a batch is looked at once (what could be given?), then only the rows that
// were drawn are embedded. Scalars have their own room (value_embedding_scalar.h), all of them at once. Letters: N
// objects, P positions, R rows drawn, D width.

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/budget.h"

namespace asterism::models {

class InputEmbedding {
 public:
  virtual ~InputEmbedding() = default;

  // Learns scales from a sample, where it has any; weights that are loaded later bring their own.
  virtual void fit(const modalities::Block& /*sample*/) {}

  struct View {
    Grid grid;
    Places places;                              // of the grid, for hiding inputs under targets
    std::vector<uint8_t> usable_NP;             // 1: observed, and with at least one good pixel
    std::map<std::string, at::Tensor> tensors;  // wrap the block: the block must outlive the view
  };
  // UserError where the block is of another kind than the modality, or too small.
  virtual View view(const modalities::Block& block) const = 0;

  // int64 [R] each, on the CPU -> [R, D].
  virtual at::Tensor embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const = 0;
};

}  // namespace asterism::models
