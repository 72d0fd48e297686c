#pragma once
// What was drawn of an image, spectrum or list of sources, as columns.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "infer/map_dataset.h"
#include "modalities/block.h"
#include "models/predictor.h"

namespace asterism::infer {

// The block of these objects as the modality `name`, in the layout of datasets; absent where present_N (bool) is false.
void add_block(const std::string& name, const modalities::Block& block, const at::Tensor& present_N,
               const std::vector<modalities::ObjectKey>& objects, NewColumns& out);

// <target>_tokens_<i> of each sample, and the mean of the samples as <target>_predicted; of lists, which have no mean,
// tokens alone. decoded: each sample as <target>_sample_<i> too, in the same form as the mean.
void add_drawn(const std::string& target, const models::BlockPrediction& drawn, const at::Tensor& present_N,
               int64_t vocabulary, const std::vector<modalities::ObjectKey>& objects, bool decoded, NewColumns& out);

}  // namespace asterism::infer
