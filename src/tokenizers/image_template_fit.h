#pragma once
// Templates of images learned at once, where gradients would need thousands of steps: principal components of each set
// in its own frame, then every image to the set that codes it best, and again.

#include "tokenizers/image_template_sets.h"

namespace asterism::tokenizers {

// Sets templates and tokens to those of these images, [M, C, S, S] in units of their brightness with weights (0:
// missing, and flux 0 there; from the second round on filled with what the templates say); an image counts by its mean
// weight, so that components are those of the least chi^2. In the first round the sets share the images by size: the
// first has the smallest. Returns how many images each set ended with; one that has fewer than fewest_to_fit keeps what
// it had. CheckError where that is so in the first round.
std::vector<int64_t> fit_image_templates(ImageTemplateSets& sets, const at::Tensor& flux_MCSS,
                                         const at::Tensor& weight_MCSS, int64_t rounds);

int64_t fewest_to_fit(int64_t directions);  // of each set

}  // namespace asterism::tokenizers
