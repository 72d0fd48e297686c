#pragma once
// Errors of single objects of a batch, told by the object's id.

#include "infer/map_dataset.h"

namespace asterism::infer {

// What the function makes of a batch. A UserError or DataError that one object makes by itself ends with
// " (object SURVEY/ID)": the row of a batch, which the message may tell, says nothing to anybody. That costs about one
// more pass through the batch, after the error.
NewColumns with_object_named(const BatchFunction& function, const modalities::Batch& batch);

}  // namespace asterism::infer
