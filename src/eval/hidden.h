#pragma once
// Spectra with stretches hidden, as a masked model rebuilds them: what its question is asked of.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "eval/question.h"
#include "models/masked_spectrum.h"

namespace asterism::eval {

class HiddenGatherer {
 public:
  explicit HiddenGatherer(int64_t most) : most_(most) {}  // objects of each source

  // Hides of every present spectrum what its training would, drawn by the object alone: the same in every evaluation.
  // `first`: the number of the batch's first object among all.
  void add(const models::MaskedSpectrum& model, const modalities::Batch& batch, int64_t first);
  void next_source() { kept_ = 0; }
  void finish(Subject& subject) const;

 private:
  struct Parts {
    std::vector<int64_t> rows;
    std::vector<modalities::Block> observed, rebuilt;
  };
  int64_t most_, kept_ = 0;
  std::map<std::string, Parts> parts_;
};

}  // namespace asterism::eval
