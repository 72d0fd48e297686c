#pragma once
// Draws of several targets of an AION-1 model together, from observations: draw an image, then a spectrum given that
// image, then the redshift given both.

#include <vector>

#include "models/aion.h"

namespace asterism::models {

// `samples` batches of the objects and their drawn targets. The targets are drawn in the order given; the tokens of
// each become an input for the next. A scalar's draw is the value of its code, drawn as the model's probabilities are;
// the sampler is of images and spectra. Sample s is the first one of a request with kSampleStride x s more for a seed.
// UserError as Aion::predict, for a target that is named twice, and for one that the model cannot read and is not the
// last.
std::vector<modalities::Batch> sample_aion_joint(const Aion& model, const modalities::Batch& batch,
                                                 const PredictRequest& request);

}  // namespace asterism::models
