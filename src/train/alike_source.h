#pragma once
// Batches of objects that are alike: hard negatives for a loss between objects.

#include <memory>
#include <string>
#include <vector>

#include "train/wrapped_source.h"

namespace asterism::train {

// The objects of each `pool` consecutive batches of another source, sorted by a scalar and cut into as many batches
// again, which come in random order: two galaxies of one redshift are harder to tell apart than two of any. Objects
// without the scalar come last, together. Batch b of epoch e is a function of (seed, e, b) and of the other source
// alone, so a run is resumed with the batches it would have had. A scalar that is not among `modalities` ({}: all) is
// taken out again. UserError naming the nearest for a scalar that the data lack.
class AlikeSource : public WrappedSource {
 public:
  AlikeSource(std::unique_ptr<data::BatchSource> from, std::string scalar, int64_t pool, uint64_t seed,
              std::vector<std::string> modalities);
  std::optional<modalities::Batch> next() override;
  Position position() const override { return position_; }
  void seek(Position position) override;

 private:
  void fill(int64_t epoch, int64_t group);

  std::string scalar_;
  int64_t pool_;
  uint64_t seed_;
  std::vector<std::string> modalities_;
  Position position_;
  int64_t epoch_ = -1, group_ = -1;  // of what is held
  std::vector<modalities::Batch> held_;
};

}  // namespace asterism::train
