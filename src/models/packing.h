#pragma once
// Rows of many objects laid out for attention on a CPU: objects of about the same length side by side in buckets, each
// bucket padded to its longest. Letters: R rows, B objects of a bucket, T its longest, L slots of all buckets together.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "models/budget.h"

namespace asterism::models {

struct Bucket {
  int64_t offset = 0;            // of its first slot
  std::vector<int64_t> objects;  // B of them, by their number in the batch
  int64_t longest = 0;           // T
  at::Tensor mask_BT;  // bool, true where there is a row; an object without rows sees its first slot (zeros), so that
                       // attention always has a key
};

struct Packing {
  std::vector<Bucket> buckets;
  int64_t slots = 0;                       // L
  std::vector<std::vector<int64_t>> slot;  // of each row, by candidate

  at::Tensor slots_R() const;  // all candidates, one after the other
  // x [R, D] (in that order) -> [L, D], zero where there is no row.
  at::Tensor scatter(const at::Tensor& x_RD) const;
  // Mean over the slots of each object that hold rows, differentiable -> [objects, D]; objects in no bucket: zeros.
  at::Tensor mean(const at::Tensor& x_LD, int64_t objects) const;
  // The part of [L, D] that belongs to a bucket, as [B, T, D].
  static at::Tensor view(const at::Tensor& x_LD, const Bucket& bucket);
};

// Which objects go together: sorted by `lengths` (most tokens first), cut where padding would waste more than a third
// and both sides are worth a pass of their own. Objects with keep[i] == 0 go nowhere.
std::vector<std::vector<int64_t>> bucket_objects(const std::vector<int64_t>& lengths, const std::vector<uint8_t>& keep);

// Rows of each object, per candidate, in the order of the candidates. Every bucket is at least one slot long.
Packing pack(const std::vector<Rows>& rows, const std::vector<std::vector<int64_t>>& groups, int64_t objects);

// Rows of each object over all candidates.
std::vector<int64_t> row_counts(const std::vector<Rows>& rows, int64_t objects);

}  // namespace asterism::models
