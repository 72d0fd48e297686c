#pragma once
// How views of an image are drawn: every one of them in the image's own unit and arcseconds.

#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "modalities/block.h"

namespace asterism::models {

// Of one band, where it is known what another telescope or night would have seen. 0 0: seeing_factor and noise_factor
// hold.
struct BandAugmentSettings {
  double seeing_low = 0, seeing_high = 0;  // full width at half maximum that is drawn, arcsec
  double noise_low = 0, noise_high = 0;    // sigma per pixel that is drawn, in the image's unit
  void describe(config::Fields& f);
};

struct AugmentSettings {
  int64_t field = 0;  // pixels a side about the centre in which crops lie; 0: the whole image
  double global_scale_low = 0.4, global_scale_high = 1;   // share of the field's area that a global crop shows
  double local_scale_low = 0.05, local_scale_high = 0.4;  // of a local one
  double size_low = 0.9, size_high = 1.1;                 // objects are magnified by this too; their flux stays
  double jitter = 0;                                      // pixels by which a crop may lie further off
  std::string rotation = "any";
  bool flips = true;
  // Of the first global crop, the second, and each local one (as published, and meant).
  std::vector<double> blur_probability = {1.0, 0.1, 0.5}, noise_probability = {1.0, 0.1, 0.5};
  double seeing_factor = 1.5;  // bands without a range: seeing drawn up to so many times what it is
  double noise_factor = 2;     // and noise
  double blur_pixels = 0;      // images that do not say their seeing: sigma drawn up to so many pixels
  double noise_added = 0;      // images that do not say their noise: sigma drawn up to this, in their unit
  double reddening = 0.02;     // mean E(B-V) of the dust put in front, exponential
  double reddening_probability = 0.2;
  double band_dropout = 0.1;  // a band is hidden with this probability; never all
  std::map<std::string, BandAugmentSettings> bands;
  void describe(config::Fields& f);
};

// UserError where settings contradict each other.
void check_augment(const AugmentSettings& settings);
// UserError naming a setting that could change none of these images, because they do not say what it needs.
void check_augment(const AugmentSettings& settings, const std::vector<const modalities::ImageBlock*>& images);

}  // namespace asterism::models
