#pragma once
// The table of conditionals as a drawing: the README's picture.

#include "eval/conditionals/conditionals.h"
#include "report/drawing.h"

namespace asterism::eval {

// The first row shows what was observed. Images: the median of the draws and one draw; spectra: the median and 68%
// of the draws (blue) on the observed one (grey); scalars: the posterior (blue) and what was observed (red), or
// medians with 68% intervals where several belong together. Below each: chi^2 a pixel of the median against what was
// observed, median and interval, or the mean distance of the medians in magnitudes.
report::Drawing draw(const Conditionals& table);

}  // namespace asterism::eval
