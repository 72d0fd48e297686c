#pragma once
// The light of one source on the pixels of one band: Gaussians about one centre, as ellipses of one shape, each through
// the band's point-spread function. Bands, pixel scales and PSFs differ between surveys; the source does not. (Galaxies
// as sums of Gaussians: Hogg & Lang 2013, PASP 125, 719; here how much light each holds is free.)
//
// Letters: G Gaussians, P = side x side pixels, row 0 first.

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace asterism::tokenizers {

// Of which Gaussians a scene is made. point: round ones in units of the PSF's width, so that what they hold is the
// PSF's own profile. galaxy: ellipses in units of the size, a family of the shape itself (discs) and one that is
// rounder (bulges), all through a Moffat profile.
enum class SceneKind { point, galaxy };
int64_t gaussians_of(SceneKind kind);  // G
// First Gaussian and number of those of a family, of rising widths.
std::vector<std::pair<int64_t, int64_t>> families_of(SceneKind kind);
int64_t shapes_of(SceneKind kind);  // numbers of a pose that count: 2 of a point, 5 of a galaxy

// Where and how a source lies: x, y of its centre, arcseconds from the middle of the image along rows and columns; ln
// of its size in arcseconds; and its ellipticity: axes of size exp(+-|e|), the long one at half the angle of (e1, e2).
struct ScenePose {
  double at[5] = {};
};

// Through what it is seen.
struct BandView {
  double psf_fwhm_arcsec = 0, pixel_scale_arcsec = 0;  // > 0
  int64_t side = 0;
};

// What one Gaussian of unit flux puts into each pixel (density in its middle times its area): basis [G, P].
void scene_light(SceneKind kind, const ScenePose& pose, const BandView& view, float* basis_GP);

// The same, and the slopes by the numbers of the pose of the light that holds so much flux a Gaussian: [shapes_of, P].
void scene_slopes(SceneKind kind, const ScenePose& pose, const BandView& view, std::span<const double> flux_G,
                  float* basis_GP, float* slopes_SP);

}  // namespace asterism::tokenizers
