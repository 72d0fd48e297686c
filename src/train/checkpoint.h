#pragma once
// Checkpoints: folders `step-000000500` that are complete or invisible. Each holds one safetensors file per group of
// tensors (weights, optimiser, average, statistics) and state.json: step, place in the data, seed, precision, hash of
// the settings, and the length and SHA-256 of every other file. Written aside, synced, renamed; verified before use.
// kill -9 at any instant leaves the last complete one.

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/batch_source.h"

namespace asterism::train {

using TensorGroups = std::map<std::string, std::map<std::string, at::Tensor>>;  // "weights" -> name -> tensor

struct CheckpointState {
  int64_t step = 0;                      // updates done
  data::BatchSource::Position position;  // of the next batch
  uint64_t seed = 0;
  std::string precision = "fp32";  // as chosen, never "auto"
  int64_t threads = 0;             // as chosen; 0: not settled yet
  std::string identity;            // SHA-256 of what must not change, see loop.h
  std::string judged_by;           // SHA-256 of what the best was judged by; empty: an older file, see identity
  std::string version;             // of the program that wrote it
  double best_validation = 0;      // lowest validation loss so far
  int64_t best_step = 0;
  bool has_best = false;
};

struct Checkpoint {
  std::filesystem::path folder;  // that it was loaded from
  CheckpointState state;
  TensorGroups tensors;
};

// The checkpoints of one run, in one folder.
class Checkpoints {
 public:
  Checkpoints(std::filesystem::path folder, int64_t keep) : folder_(std::move(folder)), keep_(keep) {}

  // Complete when this returns; then all but the last `keep` are removed, and those of later steps: a run that began
  // again before them passed them over because they are damaged. A folder of the same step is replaced.
  // DataError when the disk is full, UserError when it may not be written; the earlier checkpoints stand.
  void save(const CheckpointState& state, const TensorGroups& tensors) const;

  // All complete folders, oldest first; not verified.
  std::vector<std::filesystem::path> list() const;

  // The newest that verifies. A damaged one is reported as a warning and passed over; nullopt when there is none.
  // DataError when there are some and none verifies: starting again silently would hide it.
  std::optional<std::filesystem::path> latest() const;

  // DataError naming file, hash found and hash promised.
  static CheckpointState verify(const std::filesystem::path& checkpoint);
  static Checkpoint load(const std::filesystem::path& checkpoint);  // verified

 private:
  std::filesystem::path folder_;
  int64_t keep_;
};

}  // namespace asterism::train
