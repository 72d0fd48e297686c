#pragma once
// A source of batches that changes what another one gives: only next() is its own.

#include <memory>
#include <utility>

#include "data/batch_source.h"

namespace asterism::train {

class WrappedSource : public data::BatchSource {
 public:
  explicit WrappedSource(std::unique_ptr<data::BatchSource> from) : from_(std::move(from)) {}
  int64_t num_objects() const override { return from_->num_objects(); }
  int64_t batches_per_epoch() const override { return from_->batches_per_epoch(); }
  Position position() const override { return from_->position(); }
  void seek(Position position) override { from_->seek(position); }

 protected:
  data::BatchSource& from() { return *from_; }

 private:
  std::unique_ptr<data::BatchSource> from_;
};

}  // namespace asterism::train
