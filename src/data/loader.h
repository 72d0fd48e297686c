#pragma once
// Datasets in, batches out, in an order that depends on (seed, epoch) alone: not on threads, ranks, or where a run was
// resumed.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/batch_source.h"
#include "modalities/block.h"

namespace asterism::data {

struct LoaderOptions {
  std::vector<std::filesystem::path> datasets;  // HATS catalogues or collections; several: joined end to end
  std::vector<int64_t> repeats;                 // how often an epoch holds each object of each dataset; empty: once
  std::vector<std::string> modalities;          // columns to read, by modality name; empty: all
  std::string split = "all";  // "train", "validation", "test" or "all": by the hash of the object id, see split.h
  int64_t batch_size = 64;
  uint64_t seed = 0;
  bool shuffle = true;
  bool drop_last = true;     // false: the last batch of an epoch may be short
  bool allow_empty = false;  // no object on this side of the split: no batches instead of a UserError
  int64_t limit = 0;         // at most this many objects (the first by shuffle of limit_seed); 0: all
  uint64_t limit_seed = 0;
  int64_t memory_bytes = int64_t{1} << 30;  // a dataset that decodes to no more is held in memory, see row_store.h
  std::filesystem::path cache;  // folder of the cache of a larger one; empty: beside the dataset, see cache.h
};

// A batch holds every modality asked for, absent where an object or its whole dataset lacks it. The rows of a batch
// come dataset by dataset. Datasets that share a modality must agree in its bands, sizes and units (DataError).
class Loader : public BatchSource {
 public:
  // UserError: no such dataset, repeats below 1 or not one a dataset, a modality that none of them has, fewer objects
  // than a batch (see allow_empty).
  explicit Loader(LoaderOptions options);
  ~Loader() override;
  Loader(Loader&&) noexcept;

  int64_t num_objects() const override;  // after split and limit
  int64_t batches_per_epoch() const override;

  // The next batch. Goes on into the next epoch by itself (with its own order) when `shuffle`; otherwise nothing after
  // the last batch. The next batch is decoded in the background.
  std::optional<modalities::Batch> next() override;

  Position position() const override;
  void seek(Position position) override;  // in milliseconds, whatever the position

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::data
