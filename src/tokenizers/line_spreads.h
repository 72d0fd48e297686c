#pragma once
// How much wider than templates each of a set of spectra shows a line, and the blur that brings templates to it.
// Letters: M spectra, L pixels of the grid.

#include <memory>

#include "tokenizers/line_blur.h"

namespace asterism::tokenizers {

class LineSpreads {
 public:
  // One sigma is at most so many pixels: what is beyond has no line left.
  static constexpr double kMostSigma = 256;

  LineSpreads() = default;  // of spectra that say none: nothing is blurred
  // sigma_ML: float32, pixels, beyond the templates' own; 0: as the templates are, or not known.
  explicit LineSpreads(const at::Tensor& sigma_ML);

  bool none() const { return !sigma_ML_.defined(); }
  // Of one spectrum; null: nothing is blurred. Spectra that are asked for one after another share a blur where they are
  // alike, so that this is not for several threads at once: each has a copy.
  std::shared_ptr<const LineBlur> of(int64_t row);
  // The median over the pixels of a spectrum that have weight; 0 where there is none.
  double typical(int64_t row, const at::Tensor& weight_L) const;
  LineSpreads select(const at::Tensor& rows) const;  // int64 [m]

 private:
  at::Tensor sigma_ML_;
  at::Tensor last_L_;  // what last_blur_ is of
  std::shared_ptr<const LineBlur> last_blur_;
};

}  // namespace asterism::tokenizers
