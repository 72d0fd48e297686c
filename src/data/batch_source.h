#pragma once
// Where batches come from. The training loop, the evaluation and the embedder take a BatchSource and do not know
// whether it reads a dataset (loader.h), holds one in memory, or draws a mock sky on the fly (memory_source.h).

#include <cstdint>
#include <optional>

#include "modalities/block.h"

namespace asterism::data {

class BatchSource {
 public:
  virtual ~BatchSource() = default;

  virtual int64_t num_objects() const = 0;  // of one epoch, after split and limit
  virtual int64_t batches_per_epoch() const = 0;

  // The next batch. A shuffling source goes on into the next epoch by itself (with its own order) for ever; one that
  // does not shuffle gives nothing after its last batch. Which objects are in batch b of epoch e depends on nothing but
  // (seed, e, b). DataError where a file does not hold what it should.
  virtual std::optional<modalities::Batch> next() = 0;

  struct Position {
    int64_t epoch = 0, batch = 0;  // of the batch that next() would return
    bool operator==(const Position&) const = default;
  };
  virtual Position position() const = 0;
  virtual void seek(Position position) = 0;  // in milliseconds, whatever the position; UserError outside the epoch
};

}  // namespace asterism::data
