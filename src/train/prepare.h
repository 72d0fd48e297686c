#pragma once
// What a task learns of the data before its first step.

#include <cstdint>

#include "data/batch_source.h"
#include "data/value_ranges.h"
#include "train/objective.h"

namespace asterism::train {

// Gives the objective the first training objects, for scales and bins: so many of them, or 2 GiB (with a warning).
// Returns what they are like. The source stands at its beginning again afterwards. UserError where it has no objects.
data::ValueRanges prepare(Objective& objective, data::BatchSource& source, int64_t objects);

}  // namespace asterism::train
