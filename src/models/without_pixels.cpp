#include "models/without_pixels.h"

#include "base/error.h"

namespace asterism::models {

modalities::SpectrumBlock without_pixels(const modalities::SpectrumBlock& spectra, const at::Tensor& hidden_NL) {
  ASTERISM_CHECK(hidden_NL.sizes() == at::IntArrayRef({spectra.n, spectra.length}), "a choice for each pixel");
  auto seen = spectra;
  const auto hidden = hidden_NL.contiguous();
  const bool* is_hidden = hidden.const_data_ptr<bool>();
  for (size_t at = 0; at < seen.flux.size(); ++at)
    if (is_hidden[at]) seen.flux[at] = seen.ivar[at] = 0, seen.mask[at] = 1;
  return seen;
}

at::Tensor pixels_of_patches(const at::Tensor& hidden_NP, int64_t patch, int64_t length) {
  return hidden_NP.repeat_interleave(patch, 1).narrow(1, 0, length).contiguous();
}

}  // namespace asterism::models
