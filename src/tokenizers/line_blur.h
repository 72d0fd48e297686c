#pragma once
// Values of a grid as wider pixels see them: each pixel is a mean about its own place, weighted by a Gaussian of its
// own width. What a spectrograph does to a spectrum whose line spread changes along it. Letters: L values of the grid,
// P pixels.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace asterism::tokenizers {

class LineBlur {
 public:
  // A Gaussian narrower than this many pixels of the grid changes next to nothing there.
  static constexpr double kLeastSigma = 0.5;

  // centre_P: where each pixel looks, counted in values of the grid, 0 .. length - 1, also between two; sigma_P: of its
  // Gaussian, in the same; below kLeastSigma the value there, linearly interpolated. At the ends of the grid the mean
  // is over what there is. CheckError where sizes differ or a place is beyond the grid.
  LineBlur(const std::vector<double>& centre_P, const std::vector<double>& sigma_P, int64_t length);
  // Every value about itself: P = L.
  explicit LineBlur(const std::vector<double>& sigma_L);

  // float32 [L] or [R, L] -> [P] or [R, P], on the values' device; differentiable.
  at::Tensor of(const at::Tensor& values) const;

 private:
  // Some pixels, one after another: a product with weights [count, pixels], or the values themselves.
  struct Part {
    int64_t first = 0, count = 0;  // of the grid
    at::Tensor weights;            // undefined: as they are
  };
  std::vector<Part> parts_;
};

}  // namespace asterism::tokenizers
