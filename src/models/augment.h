#pragma once
// Views of images for learning without labels: crops that are turned, mirrored, magnified, reddened, blurred and made
// noisier as another night, telescope or line of sight would, on fluxes, with inverse variance, mask and PSF carried
// along. What is drawn depends on (seed, epoch, object, view) alone; pixels are worked on for all objects at once.
// Otherwise than in AstroDINO (Parker et al. 2024), whose code never used its crop scales and blurred with one minus
// the probability that was set: tests hold both here.

#include <vector>

#include "base/random.h"
#include "modalities/block.h"
#include "models/augment_settings.h"
#include "models/draw_key.h"
#include "models/image_planes.h"

namespace asterism::models {

// View 0 and 1 are the global crops, 2, 3 ... local ones.
inline constexpr int64_t kGlobalViews = 2;

// What is drawn for one view of one image.
struct ViewDraw {
  double zoom = 1;                    // new pixels over old ones, along a side
  double cosine = 1, sine = 0;        // of the angle by which it is turned
  double mirror_x = 1, mirror_y = 1;  // -1: mirrored
  double centre_x = 0, centre_y = 0;  // of the crop, from the middle of the image, in its pixels
  std::vector<double> transmission;   // of the dust, by band
  std::vector<double> seeing_arcsec;  // that a band is blurred to, as full width; 0: as it is
  double blur_pixels = 0;             // for bands without a known seeing
  std::vector<double> noise;          // sigma that a band is brought to, in the unit; 0: by noise_factor
  double noise_factor = 1;            // times the band's own; 1: as it is
  double noise_added = 0;             // for images without a known noise
  std::vector<uint8_t> dropped;       // 1: the band is hidden
};

// View number `view` of image i, cropped to `size` pixels a side.
ViewDraw draw_view(const AugmentSettings& settings, const modalities::ImageBlock& images, int64_t i, int64_t view,
                   int64_t size, base::Random& random);

// That view of all images, given as planes too, where those lie. Noise is drawn there: on a device from (seed, epoch,
// objects, view) by its own generator, so that the numbers are others than the CPU's, and the same every time.
ImagePlanes augmented_planes(const AugmentSettings& settings, const modalities::ImageBlock& images,
                             const ImagePlanes& planes, const std::vector<uint64_t>& objects, int64_t view,
                             int64_t size, const DrawKey& key);
// That view of all images, as an image block of size x size pixels. objects: their hashes. All images are present.
modalities::ImageBlock augmented(const AugmentSettings& settings, const modalities::ImageBlock& images,
                                 const std::vector<uint64_t>& objects, int64_t view, int64_t size, const DrawKey& key);

}  // namespace asterism::models
