#pragma once
// The two wavelength grids of every model spectrum, in equal steps of log10(lambda), so that a redshift is a shift.
// Values stand for the middles of cells. The coarse grid carries photometry from the far ultraviolet to WISE; the fine
// grid covers its blue part, eight cells to a coarse one, for spectrographs.

#include <cmath>
#include <cstdint>
#include <vector>

namespace asterism::sky {

inline constexpr int kFinePerCoarse = 8;
inline constexpr double kCoarseStep = 4e-4, kFineStep = kCoarseStep / kFinePerCoarse;  // dex; 276 and 34.5 km/s
inline constexpr double kCoarseStart = 2.80;                                           // log10 of 631 A
inline constexpr int kCoarseCells = 5040;                                              // to 65,500 A
inline constexpr int kFineFirstCoarse = 0;
inline constexpr int kFineCells = 3052 * kFinePerCoarse;  // to 10,490 A
inline constexpr double kFineStart = kCoarseStart + kFineFirstCoarse * kCoarseStep;

inline double coarse_angstrom(double cell) { return std::pow(10.0, kCoarseStart + (cell + 0.5) * kCoarseStep); }
inline double fine_angstrom(double cell) { return std::pow(10.0, kFineStart + (cell + 0.5) * kFineStep); }

// A spectrum on both grids: f_lambda or L_lambda, in the unit its maker states. Where the fine grid lies, the coarse
// values are its means, so that both hold the same light.
struct ModelSpectrum {
  std::vector<float> coarse, fine;
  void coarse_from_fine();
  void add(const ModelSpectrum& other, float weight);
};

inline ModelSpectrum empty_spectrum() {
  return {std::vector<float>(kCoarseCells, 0.0f), std::vector<float>(kFineCells, 0.0f)};
}

inline void ModelSpectrum::coarse_from_fine() {
  for (int c = 0; c < kFineCells / kFinePerCoarse; ++c) {
    float sum = 0;
    for (int i = 0; i < kFinePerCoarse; ++i) sum += fine[size_t(c) * kFinePerCoarse + size_t(i)];
    coarse[kFineFirstCoarse + size_t(c)] = sum / kFinePerCoarse;
  }
}

inline void ModelSpectrum::add(const ModelSpectrum& other, float weight) {
  for (size_t i = 0; i < coarse.size(); ++i) coarse[i] += weight * other.coarse[i];
  for (size_t i = 0; i < fine.size(); ++i) fine[i] += weight * other.fine[i];
}

}  // namespace asterism::sky
