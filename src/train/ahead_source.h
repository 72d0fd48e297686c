#pragma once
// The batches of another source, each read or made while the one before it is learned from: for training on another
// device than the CPU, which would wait meanwhile.

#include <future>
#include <optional>
#include <utility>

#include "data/batch_source.h"

namespace asterism::train {

class AheadSource : public data::BatchSource {
 public:
  explicit AheadSource(data::BatchSource& from) : from_(from) {}  // which must outlive this and be left alone
  ~AheadSource() override;
  int64_t num_objects() const override;
  int64_t batches_per_epoch() const override;
  std::optional<modalities::Batch> next() override;
  Position position() const override;  // of the batch that next() gives, as if nothing were read ahead
  void seek(Position position) override;

 private:
  using Read = std::pair<std::optional<modalities::Batch>, Position>;  // and where the source stands afterwards
  void begin();
  data::BatchSource& from_;
  Position at_;
  std::future<Read> coming_;
};

}  // namespace asterism::train
