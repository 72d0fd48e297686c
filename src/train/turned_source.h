#pragma once
// Batches whose images and maps are turned and mirrored at random: a galaxy has no up on the sky.

#include <memory>

#include "train/wrapped_source.h"

namespace asterism::train {

// Batches of another source. All images and maps of an object are shown in one of the eight symmetries of the square, a
// function of (seed, epoch, object); those that are not square only in the four that keep their shape. Flux, inverse
// variance and mask move together; all else stays as it is: cubes and the places of lists of sources too.
class TurnedSource : public WrappedSource {
 public:
  TurnedSource(std::unique_ptr<data::BatchSource> from, uint64_t seed) : WrappedSource(std::move(from)), seed_(seed) {}
  std::optional<modalities::Batch> next() override;

 private:
  uint64_t seed_;
};

}  // namespace asterism::train
