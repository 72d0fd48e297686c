#pragma once
// The promises of ImageBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

void check(const std::string& name, const ImageBlock& block);
ImageBlock select(const ImageBlock& block, const std::vector<int64_t>& rows);
ImageBlock concatenate(const std::vector<const ImageBlock*>& blocks);
ImageBlock absent_like(const ImageBlock& block, int64_t n);
// n images of C = bands.size() bands, zero everywhere, masked everywhere, absent: to be filled.
ImageBlock make_images(int64_t n, std::vector<Band> bands, int64_t height, int64_t width, std::string unit,
                       double pixel_scale_arcsec, bool has_ivar);

// Pixels joined `by` x `by`, as a detector would: fluxes add up, a joined pixel is good where all its pixels are, its
// variance is the sum of theirs. Rows and columns that are left over at the far ends are cut off. PSF widths stay, in
// arcseconds. UserError: by < 1, or larger than the images.
ImageBlock binned(const ImageBlock& block, int64_t by);

// height x width pixels of every image, of which the first lies at (top, left). ASTERISM_CHECK: they are there.
ImageBlock cut_images(const ImageBlock& block, int64_t top, int64_t left, int64_t height, int64_t width);

}  // namespace asterism::modalities
