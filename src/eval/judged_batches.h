#pragma once
// The batches of an evaluation: which objects of the data are learned from, which are judged.

#include <cstdint>
#include <functional>
#include <vector>

#include "eval/collect.h"

namespace asterism::eval {

// Objects that are used, and the rows among them that are judged.
using EachBatch = std::function<void(const modalities::Batch& batch, const std::vector<int64_t>& test)>;

// f(batch, test) in the order of the source, from its beginning: objects of both sides of the split; or, with other
// data to learn from, the test side alone, then between(), then of those data all objects that were not judged: how
// many were is what it returns. `limit` and `test_limit` hold. UserError where there are no objects, none to learn
// from, or a stop was asked for.
int64_t for_each_judged_batch(data::BatchSource* learn, data::BatchSource& source, const CollectOptions& options,
                              const EachBatch& f, const std::function<void()>& between);

}  // namespace asterism::eval
