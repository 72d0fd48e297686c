#pragma once
// Observations in counts as fluxes, for tokenizers that read fluxes: what the files do not tell, said by who knows it.

#include <map>
#include <string>

#include "modalities/block.h"

namespace asterism::eval {

struct Calibration {
  std::map<std::string, double> zero_point;  // AB magnitude of one count, by band of an image
  std::map<std::string, double> psf_arcsec;  // full width, by band
  std::string counts_as;                     // the unit that counts of a spectrum are taken for; empty: none
  bool empty() const { return zero_point.empty() && psf_arcsec.empty() && counts_as.empty(); }
};

// Images in counts become nanomaggies by their zero points; where the file gives no variance, each band of each image
// gets that of its border, an eighth of the width on every side, about the border's median (by the median distance, so
// that neighbours in it count little). PSF widths take the place of what the images state. Spectra in counts keep their
// numbers under another unit: the instrument's response stays in them. Blocks of other kinds are left alone. UserError:
// a band that the images lack; a zero point for images that are no counts, or for some of their bands alone; counts_as
// for spectra that are no counts.
modalities::Block calibrated(modalities::Block observed, const Calibration& by);

// Images of fluxes without a variance get the same, in whatever unit they are; a band whose border is all alike is
// masked. Others are left alone, pictures ("display") too.
void add_border_noise(modalities::Block& observed);

}  // namespace asterism::eval
