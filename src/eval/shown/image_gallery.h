#pragma once
// Some images, what came back of each, and the difference, for a page.

#include <string>
#include <vector>

#include "eval/shown/brightest_to_faintest.h"
#include "modalities/block.h"
#include "report/gallery.h"

namespace asterism::eval {

// A column an object, a row each of observed, rebuilt from tokens, and the difference in every band in units of the
// noise with its chi^2 per pixel (rebuilt_pictures.h). bits: of the tokens of an object.
report::Gallery image_gallery(const std::string& modality, const modalities::ImageBlock& observed,
                              const modalities::ImageBlock& rebuilt, const std::vector<Shown>& shown, double bits);

}  // namespace asterism::eval
