#pragma once
// What the first objects of a dataset look like: pictures, spectra, light curves, lists and vectors on a page.

#include "data/hats_read.h"
#include "modalities/block.h"
#include "report/figure.h"
#include "report/page.h"

namespace asterism::data {

// Row `row` of a block as a figure titled `title`; a spectrum over wavelength, a light curve with one series a band
// (errors drawn, limits apart, magnitudes upside down), a list over X and Y where it has them, a vector by element.
// Images and scalars have none (CheckError).
report::Figure example_figure(const modalities::Block& block, int64_t row, const std::string& title);

// A section for each modality that is no scalar, with the first objects that have it.
void add_examples(const HatsReader& dataset, report::Page& page);

}  // namespace asterism::data
