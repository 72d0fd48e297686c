#pragma once
// Sersic profiles and point-spread functions as sums of round Gaussians (the idea of Hogg & Lang 2013, PASP 125, 719),
// so that a galaxy seen through a PSF is again a sum of Gaussians. The amplitudes are our own: maximum-likelihood
// shares of Rayleigh distributions in the radial distribution of light, by expectation-maximisation when first needed.

#include <array>
#include <span>
#include <vector>

namespace asterism::sky {

struct RoundGaussian {
  double share = 0;  // of the light; the shares of a profile sum to 1
  double sigma = 0;  // in units of the half-light radius (Sersic) or of the full width at half maximum (PSF)
};

inline constexpr int kSersicGaussians = 14;
inline constexpr double kLeastSersic = 0.6, kMostSersic = 6.0;

// Sersic profile of index n (brought into [kLeastSersic, kMostSersic]) truncated at 8 half-light radii. Between the
// indices of the table the light profiles are interpolated linearly.
std::array<RoundGaussian, kSersicGaussians> sersic_gaussians(double n);

// Moffat profile of beta 3.5, truncated at 5 full widths: three Gaussians.
std::span<const RoundGaussian> psf_gaussians();

// Exact surface brightness at radius r (in half-light radii), arbitrary scale; b_n by Ciotti & Bertin (1999).
double sersic_profile(double n, double r);
double sersic_b(double n);

}  // namespace asterism::sky
