#pragma once
// Spectra with stretches hidden, and rebuilt: what the question `hidden_stretches` is asked of.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "eval/gap_filler.h"
#include "eval/question.h"

namespace asterism::eval {

class HiddenGatherer {
 public:
  explicit HiddenGatherer(int64_t most) : most_(most) {}  // objects of each source

  // Every spectrum that is there. `first`: the number of the batch's first object among all.
  void add(const GapFiller& filler, const modalities::Batch& batch, int64_t first);
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
