#pragma once
// Maps of a cube's field as sums of cosines: of H x W spaxels the waves of a discrete cosine transform (type II,
// orthonormal) whose frequency is at most `highest` cycles a spaxel. A PSF leaves nothing beyond: what a map of 24 x 24
// spaxels of 0.5" says through 2.5" is some hundred numbers. Waves are classed by frequency (rings of equal width) and
// by whether they are even about both axes, as a galaxy in the middle is.
//
// Letters: H x W = S spaxels, M waves, J maps.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace asterism::tokenizers {

class CubeModes {
 public:
  static constexpr int64_t kParities = 2;

  CubeModes(int64_t height, int64_t width, double highest, int64_t rings);

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  int64_t count() const { return int64_t(ring_.size()); }           // M; row by row from the slowest wave
  int64_t ring(int64_t mode) const { return ring_[size_t(mode)]; }  // from 0, of the slowest waves
  const std::vector<int64_t>& classes() const { return class_; }    // [M], kParities times the ring, and the parity
  at::Tensor drawn(const at::Tensor& c_JM) const;                   // float64 -> [J, S]
  at::Tensor read(const at::Tensor& maps_JS) const;                 // the transpose: [J, M]

 private:
  int64_t height_ = 0, width_ = 0;
  std::vector<int64_t> ring_, class_;
  at::Tensor rows_, columns_;  // float64 [waves, H], [waves, W]
  at::Tensor place_M_;         // int64, in the rectangle of waves
};

// The most likely maps of a cube: flux of spaxel s is sum_j map_j(s) X_j, with gram_SJJ = sum over pixels of weight X_j
// X_k and right_SJ that of weight flux X_j; c ~ N(0, 1 / precision). By conjugate gradients, float64 [J, M].
at::Tensor most_likely_maps(const CubeModes& modes, const at::Tensor& gram_SJJ, const at::Tensor& right_SJ,
                            const at::Tensor& precision_JM);

}  // namespace asterism::tokenizers
