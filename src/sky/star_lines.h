#pragma once
// The lines and bands of the stellar model: where they are, how strong, and how each kind depends on the star.

#include <span>
#include <vector>

namespace asterism::sky {

enum StarLineKind {
  kCaIon,
  kCaNeutral,
  kCaTriplet,
  kMagnesium,
  kSodium,
  kSodiumInfrared,
  kPotassium,
  kIron,
  kMgIon,
  kMgIonHot,
  kGBand,
  kCyanogen,
  kMagnesiumHydride,
  kTitaniumOxide,
  kVanadiumOxide,
  kCalciumHydride,
  kWater,
  kCarbonMonoxide,
  kWeakLow,
  kWeakMiddle,
  kWeakHigh,
  kStarLineKinds
};

// Opacity pattern of a kind on the given wavelengths (Angstrom, increasing), in units of the continuum opacity at 5,500
// A.
std::vector<float> line_pattern(StarLineKind kind, std::span<const float> angstrom);

// What the pattern of each kind is multiplied by in a star.
void line_strengths(double teff_k, double log_g, double fe_h, float strengths[kStarLineKinds]);

}  // namespace asterism::sky
