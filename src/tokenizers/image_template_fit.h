#pragma once
// Templates of images learned at once, where gradients would need thousands of steps: principal components of each set
// in its own frame, then every image to the set that codes it best, and again.

#include "tokenizers/image_template_sets.h"

namespace asterism::tokenizers {

// Sets templates and tokens to those of these images, [M, C, S, S] in units of their brightness with weights (0:
// missing, filled with what the templates say); an image counts by its mean weight, so that components are those of
// the least chi^2. In the first round sets of one frame share the images by size, others all learn from all. Returns
// how many images each set ended with; a set that has fewer than fewest_to_fit keeps what it had.
std::vector<int64_t> fit_image_templates(ImageTemplateSets& sets, const at::Tensor& flux_MCSS,
                                         const at::Tensor& weight_MCSS, int64_t rounds);

int64_t fewest_to_fit(int64_t directions);

}  // namespace asterism::tokenizers
