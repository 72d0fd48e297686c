#pragma once
// In which frame templates of images are drawn: upright, or turned and stretched with what is seen, so that components
// need not learn a galaxy at every angle or a star in every seeing. A pose is an angle and a size, of a few each.

#include <ATen/ATen.h>

#include <cstdint>

namespace asterism::tokenizers {

// Of the light in the middle of M images (flux in units of the noise, 0 where not good, all bands together): the
// direction of its long axis, radians in [0, pi) from x towards y, and its size, pixels: the root of the mean of the
// second moments under a Gaussian window of a tenth of the side. float32; of an image without light 0 and the window's.
struct ImageShapes {
  at::Tensor angle_M, size_M;
};
ImageShapes measure_shapes(const at::Tensor& flux_MCSS);

struct ImageFrameSettings {
  int64_t angles = 1, sizes = 1;       // how many are told apart; 1: never turned, never stretched
  double size_low = 1, size_high = 2;  // pixels; beyond, as the last
};

class ImageFrame {
 public:
  explicit ImageFrame(const ImageFrameSettings& settings) : settings_(settings) {}

  int64_t poses() const { return settings_.angles * settings_.sizes; }
  bool turns() const { return settings_.angles > 1; }
  at::Tensor poses_of(const ImageShapes& shapes) const;  // int64 [M], 0 <= pose < poses
  at::Tensor angle(const at::Tensor& pose_M) const;      // radians, float32; 0 where never turned
  at::Tensor stretch(const at::Tensor& pose_M) const;    // of the frame on the sky, 1 in the middle of the sizes
  // Images [M, C, S, S] of the frame as they are seen on the sky, and back: cubic interpolation about the centre, 0
  // outside; values over the stretch, so that the sum of their squares stays. Differentiable; on the device of the
  // images. (On a GPU gradients are added up in no fixed order: their last digits differ between runs.)
  at::Tensor onto_sky(const at::Tensor& x_MCSS, const at::Tensor& pose_M) const;
  at::Tensor into_frame(const at::Tensor& x_MCSS, const at::Tensor& pose_M) const;

 private:
  ImageFrameSettings settings_;
};

}  // namespace asterism::tokenizers
