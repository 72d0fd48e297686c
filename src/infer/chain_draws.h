#pragma once
// Draws of any targets together: an image, then a spectrum given that image, then the redshift given both.

#include <string>
#include <vector>

#include "infer/map_dataset.h"
#include "models/predictor.h"

namespace asterism::infer {

// UserError where these targets cannot be drawn one after the other: a model that does not read what it draws, fewer
// than two, a list of sources, one before the last that the model cannot read, and more draws than there may be columns
// where an image or spectrum is among them.
void check_chain(const models::Predictor& model, const std::vector<std::string>& targets, int64_t draws);

// `draws` chains for each object (AnyToAny::sample_joint, sample_aion_joint). Of a scalar target t a column t_joint, a
// fixed-size list of `draws` numbers; of an image or spectrum columns t_joint_<i> in the layout of datasets. Place i of
// every list and column i belong together. Null where present_N (bool) is false.
void add_chain_draws(const models::Predictor& model, const modalities::Batch& batch,
                     const models::PredictRequest& request, int64_t draws, const at::Tensor& present_N,
                     NewColumns& out);

}  // namespace asterism::infer
