#pragma once
// Colours for patch features: objects are told from sky by the first principal component of all patches, then the
// leading components of the objects' patches alone become red, green and blue (Oquab et al. 2023, section 7.3). Fitted
// once on many images and kept, so that the same colour means the same thing in every map.
// Letters: M patches, D width, K components.

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace asterism::eval {

struct PatchPca {
  at::Tensor sky_mean_D, sky_axis_D;  // objects: (x - sky_mean) . sky_axis > threshold
  double threshold = 0;
  at::Tensor mean_D, component_KD;  // of the objects' patches
  at::Tensor low_K, high_K;         // 1st and 99th percentile of their scores: black and full colour
  double brightness_correlation =
      0;                 // of (x - sky_mean) . sky_axis with the patches' brightness; near 0: do not trust it
  std::string features;  // what the patches' features are, which those of other images must be too; in the file

  // brightness [M]: mean of the picture in each patch; says which side of the first component is sky. The threshold
  // parts the scores into two groups that are as narrow as can be (Otsu 1979). UserError: fewer than `components` + 2
  // patches of objects, or features that are all alike.
  static PatchPca fit(const at::Tensor& features_MD, const at::Tensor& brightness_M, int64_t components);

  at::Tensor is_object(const at::Tensor& features) const;  // [..., D] -> bool [...]
  at::Tensor scores(const at::Tensor& features) const;     // [..., D] -> [..., K]
  at::Tensor colours(const at::Tensor& features) const;    // [..., D] -> [..., 3] in 0..1; sky is dark; K >= 3

  void save(const std::filesystem::path& file) const;                      // safetensors
  static PatchPca load(const std::filesystem::path& file, int64_t width);  // DataError: damaged, or of another width
};

// Where a line parts values [M] into two groups so that the variance within is least.
double otsu_threshold(const at::Tensor& values_M);

}  // namespace asterism::eval
