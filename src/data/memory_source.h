#pragma once
// Batches without files: a whole dataset held in memory, or objects made when they are asked for (the mock sky).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/batch_source.h"
#include "modalities/block.h"

namespace asterism::data {

struct MemoryOptions {
  int64_t batch_size = 64;
  uint64_t seed = 0;
  bool shuffle = true;
  bool drop_last = true;      // false: the last batch of an epoch may be short
  std::string split = "all";  // as LoaderOptions::split; MemorySource only
};

// Draws from one big Batch that stays in memory.
class MemorySource : public BatchSource {
 public:
  MemorySource(modalities::Batch objects, MemoryOptions options);

  int64_t num_objects() const override;
  int64_t batches_per_epoch() const override;
  std::optional<modalities::Batch> next() override;
  Position position() const override { return position_; }
  void seek(Position position) override;

 private:
  modalities::Batch objects_;
  MemoryOptions options_;
  std::vector<int64_t> order_;  // rows of the split, in the order of the current epoch
  std::vector<int64_t> rows_;   // rows of the split, ascending
  Position position_;
  int64_t order_epoch_ = -1;
};

// The rows [first, first + n) of an endless, deterministic collection: sky::observe(seed, first, n, surveys), say. A
// call must depend on its arguments alone; it may give fewer rows than asked for (those of one side of a split, say).
using Generator = std::function<modalities::Batch(int64_t first, int64_t n)>;

// Makes each batch when it is asked for (the next one on a background thread): epoch e, batch b holds the rows
// [first + (e * num_objects + b * batch_size), ...) when `fresh` (new objects in every epoch), or the same num_objects
// in every epoch, batch order shuffled, when not. No row is ever held longer than its batch.
struct GeneratedOptions {
  int64_t first = 0;        // index of the first object
  int64_t num_objects = 0;  // of one epoch; >= batch_size
  int64_t batch_size = 64;
  uint64_t seed = 0;  // of the order of batches when not fresh
  bool fresh = true;
  bool endless = true;  // false: nothing after the first epoch
};

class GeneratedSource : public BatchSource {
 public:
  GeneratedSource(Generator generator, GeneratedOptions options);
  ~GeneratedSource() override;

  int64_t num_objects() const override;
  int64_t batches_per_epoch() const override;
  std::optional<modalities::Batch> next() override;
  Position position() const override;
  void seek(Position position) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::data
