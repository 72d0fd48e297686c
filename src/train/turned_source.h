#pragma once
// Batches whose images are turned and mirrored at random: a galaxy has no up on the sky.

#include <memory>

#include "data/batch_source.h"

namespace asterism::train {

// Batches of another source. All images of an object are shown in one of the eight symmetries of the square, a function
// of (seed, epoch, object); those that are not square only in the four that keep their shape. Flux, inverse variance
// and mask move together; spectra and scalars stay as they are.
class TurnedSource : public data::BatchSource {
 public:
  TurnedSource(std::unique_ptr<data::BatchSource> from, uint64_t seed) : from_(std::move(from)), seed_(seed) {}
  int64_t num_objects() const override { return from_->num_objects(); }
  int64_t batches_per_epoch() const override { return from_->batches_per_epoch(); }
  std::optional<modalities::Batch> next() override;
  Position position() const override { return from_->position(); }
  void seek(Position position) override { from_->seek(position); }

 private:
  std::unique_ptr<data::BatchSource> from_;
  uint64_t seed_;
};

// Symmetry 0..7 of all bands of image i: 1 mirrors left and right, 2 up and down, 4 (first) swaps rows and columns,
// which needs a square image (CheckError).
void turn(modalities::ImageBlock& images, int64_t i, int symmetry);

}  // namespace asterism::train
