#include "train/ahead_source.h"

namespace asterism::train {

AheadSource::~AheadSource() {
  if (coming_.valid()) coming_.wait();
}

// Nobody else touches the source while a batch is read from it.
int64_t AheadSource::num_objects() const {
  if (coming_.valid()) coming_.wait();
  return from_.num_objects();
}

int64_t AheadSource::batches_per_epoch() const {
  if (coming_.valid()) coming_.wait();
  return from_.batches_per_epoch();
}

void AheadSource::begin() {
  at_ = from_.position();
  coming_ = std::async(std::launch::async, [this]() -> Read {
    auto batch = from_.next();
    return {std::move(batch), from_.position()};
  });
}

std::optional<modalities::Batch> AheadSource::next() {
  if (!coming_.valid()) begin();
  auto [batch, after] = coming_.get();
  if (batch) begin();
  return std::move(batch);
}

data::BatchSource::Position AheadSource::position() const { return coming_.valid() ? at_ : from_.position(); }

void AheadSource::seek(Position position) {
  if (coming_.valid()) coming_.wait();
  coming_ = {};  // an error of a batch that nobody wants is none
  from_.seek(position);
}

}  // namespace asterism::train
