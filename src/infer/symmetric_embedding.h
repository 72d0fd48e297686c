#pragma once
// Vectors that do not depend on how an object is turned on the sky.

#include <string>
#include <vector>

#include "data/layout.h"
#include "models/model.h"

namespace asterism::infer {

// The mean of the model's vectors over the eight symmetries of the square (four where an image is not square), all
// images of an object turned together; exactly the same for a turned object, up to rounding. With request.normalise
// each is brought to unit length before the mean, and the mean after it. Batches without images: model.embed alone.
// pool: of the model's vectors by another name (Model::pooled).
models::Model::Embedded symmetric_embedding(const models::Model& model, const modalities::Batch& batch,
                                            const models::EmbedRequest& request, const std::string& pool = "mean");

// The vectors of one pooling: model.embed for "mean", model.pooled for others.
models::Model::Embedded embedding_by(const models::Model& model, const modalities::Batch& batch,
                                     const models::EmbedRequest& request, const std::string& pool);

// Is any of the modalities `given` one of images, as numbers or as encoded pictures?
bool any_can_be_turned(const data::Layout& layout, const std::vector<std::string>& given);

}  // namespace asterism::infer
