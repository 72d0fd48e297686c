#pragma once
// An object observed twice, out of one observation. Where the noise of each pixel is known and normal, x + n and x - n,
// n drawn with that noise, are two independent observations of what x observed, each with twice the variance of x: the
// two halves of its exposure (Neufeld et al. 2024, data thinning). So an image can be looked for among images, and a
// spectrum among spectra, real ones too.

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/features.h"
#include "eval/question.h"
#include "modalities/block.h"
#include "models/model.h"

namespace asterism::eval {

// The halves of an image or spectrum block, drawn from each object's hash [n]; nothing for other kinds, and where the
// file gave no variance (every inverse variance 1).
std::optional<std::pair<modalities::Block, modalities::Block>> halves_of(const modalities::Block& block,
                                                                         const std::vector<uint64_t>& hashes);

// Gathers the vectors and plain features of halves batch by batch.
class HalvesGatherer {
 public:
  // most: objects a modality at most; 0: none.
  explicit HalvesGatherer(int64_t most) : most_(most) {}
  // Of `observed`, what has halves, of these rows of the batch; its first object is row `first_row` of the subject.
  void add(const models::Model& model, const modalities::Batch& batch, const std::vector<std::string>& observed,
           const std::vector<int64_t>& rows, int64_t first_row);
  std::map<std::string, Halves> finish() const;

 private:
  struct Parts {
    std::vector<int64_t> rows;
    std::vector<at::Tensor> first, second;
    std::optional<FeatureGatherer> features;
    std::vector<int64_t> feature_first, feature_second;  // rows of the gatherer
    int64_t gathered = 0;
  };
  int64_t most_;
  std::map<std::string, Parts> parts_;
};

}  // namespace asterism::eval
