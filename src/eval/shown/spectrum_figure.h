#pragma once
// A spectrum, what came back of it, and the difference beneath, for a page.

#include <string>

#include "modalities/block.h"
#include "report/figure.h"

namespace asterism::eval {

// Row of both blocks, which have the same pixels: observed and rebuilt, and in a panel below the difference in units of
// sigma. Lines break at masked pixels, which the panel shows as grey stretches. At most 2,000 points a line
// (rebuilt_curve.h).
report::Figure spectrum_figure(const std::string& title, const modalities::SpectrumBlock& observed,
                               const modalities::SpectrumBlock& rebuilt, int64_t row);

}  // namespace asterism::eval
