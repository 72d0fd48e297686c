#pragma once
// Dropout whose choices are a function of (seed, step, place), never of threads or of what ran before.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nn/ranges.h"

namespace asterism::nn {

// A default one is off: nothing is dropped (use, validation). In training: DropKey(seed, step); the layers add their
// place.
struct DropKey {
  DropKey() = default;
  DropKey(uint64_t seed, uint64_t step) : seed(seed), step(step), on(true) {}
  DropKey operator/(uint64_t place_in_model) const;  // a key of its own for a child
  // For groups that follow `first` others in the whole (row_spans.h): they get what they would get there.
  DropKey from_group(int64_t first) const;
  uint64_t seed = 0, step = 0, place = 0;
  int64_t first_group = 0;
  // A number of each group (an object's own, say): its rows are dropped by that, whatever stands beside them. None: all
  // rows are drawn in one go, as training does.
  std::shared_ptr<const std::vector<uint64_t>> own;
  bool on = false;
};

// A CPU generator that starts from the key and a purpose.
at::Generator keyed_generator(const DropKey& key, const std::string& purpose);

// Zeroes each value with this probability and scales the others up (Srivastava et al. 2014). The same tensor back when
// off.
at::Tensor dropout(const at::Tensor& x, double probability, const DropKey& key);

// The same for the rows [R, D] of groups, each dropped by its own number where the key has those.
at::Tensor dropout(const at::Tensor& x_RD, const Ranges& groups, double probability, const DropKey& key);

// Zeroes whole rows of dimension 0 (a residual branch of one object) with this probability (Huang et al. 2016).
at::Tensor drop_path(const at::Tensor& x, double probability, const DropKey& key);
// The same for the rows [R, D] of one group (object) together.
at::Tensor drop_path(const at::Tensor& x_RD, const Ranges& groups, double probability, const DropKey& key);

// x + drop_path(branch(x)), where the branch is worked out for the groups that keep it and for no other: the same
// numbers from the same key, for less work. For branches in which groups do not see each other.
using Branch = std::function<at::Tensor(const at::Tensor& rows_SD, const Ranges& groups)>;
at::Tensor add_branch(const at::Tensor& x_RD, const Ranges& groups, double probability, const DropKey& key,
                      const Branch& branch);

}  // namespace asterism::nn
