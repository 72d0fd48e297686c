#include "sky/photometry_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/extinction.h"
#include "base/threads.h"

namespace asterism::sky {
namespace {

// Sum over a band of weight times the light `shift` cells to the blue, in eight partial sums so that it vectorises.
float dot_shifted(const BandWeights& band, int shift, const std::vector<float>& light) {
  const int first = std::max(0, shift - band.first),
            last = std::min(int(band.weight.size()), kCoarseCells + shift - band.first);
  if (first >= last) return 0;
  const float* w = band.weight.data() + first;
  const float* l = light.data() + (band.first + first - shift);
  const int n = last - first;
  float part[8] = {};
  int k = 0;
  for (; k + 8 <= n; k += 8)
    for (int j = 0; j < 8; ++j) part[j] += w[k + j] * l[k + j];
  float sum = 0;
  for (; k < n; ++k) sum += w[k] * l[k];
  for (const float p : part) sum += p;
  return sum;
}

}  // namespace

PhotometryTable::PhotometryTable(const std::vector<ModelSpectrum>& templates, const Options& options)
    : options_(options), templates_(int(templates.size())), range_(range_of(options.group)) {
  shifts_ = options.highest_redshift > 0
                ? 2 + int(std::log10(1 + options.highest_redshift) / (kCoarseStep * kShiftCells))
                : 1;
  dusts_ = options.dust ? 1 + int(std::ceil(options.highest_av / kAvStep)) : 1;
  values_.assign(size_t(shifts_) * size_t(dusts_) * size_t(range_.size()) * size_t(templates_), 0.0f);
  const auto bands = band_weights(options.group);
  for (const BandWeights& band : bands) pivot_angstrom_.push_back(band.pivot_angstrom);
  std::vector<double> dust(kCoarseCells, 0.0);
  if (options.dust)
    for (int c = 0; c < kCoarseCells; ++c) dust[size_t(c)] = options.dust(coarse_angstrom(c));
  // Transmission of the forest per redshift of the table, on the cells that it can reach.
  int blue_cells = 0;
  while (options.forest && coarse_angstrom(blue_cells) < 1217) ++blue_cells;
  std::vector<float> forest(size_t(blue_cells) * size_t(shifts_));
  for (int s = 0; s < shifts_; ++s)
    for (int c = 0; c < blue_cells; ++c)
      forest[size_t(s) * size_t(blue_cells) + size_t(c)] =
          float(options.forest(coarse_angstrom(c), std::pow(10.0, s * kShiftCells * kCoarseStep) - 1));
  base::parallel_for(size_t(templates_), 1, [&](size_t begin, size_t end) {
    std::vector<float> dimmed(kCoarseCells), seen(kCoarseCells);
    for (size_t t = begin; t < end; ++t)
      for (int d = 0; d < dusts_; ++d) {
        for (size_t c = 0; c < dimmed.size(); ++c)
          dimmed[c] = templates[t].coarse[c] * float(astro::transmission(kAvStep * d * dust[c]));
        for (int s = 0; s < shifts_; ++s) {
          const int shift = s * kShiftCells;
          const double stretch = std::pow(10.0, shift * kCoarseStep);
          const std::vector<float>* light = &dimmed;
          if (blue_cells > 0) {
            seen = dimmed;
            for (int c = 0; c < blue_cells; ++c) seen[size_t(c)] *= forest[size_t(s) * size_t(blue_cells) + size_t(c)];
            light = &seen;
          }
          for (size_t b = 0; b < bands.size(); ++b) {
            const BandWeights& band = bands[b];
            const float sum = dot_shifted(band, shift, *light);
            const double k_pivot = options_.dust ? options_.dust(band.pivot_angstrom / stretch) : 0;
            values_[((size_t(s) * size_t(dusts_) + size_t(d)) * bands.size() + b) * size_t(templates_) + t] =
                float(double(sum) / stretch / astro::transmission(kAvStep * d * k_pivot));
          }
        }
      }
  });
}

double PhotometryTable::at(int shift, int band, int dust, const Mixture& mixture) const {
  const size_t cell = (size_t(shift) * size_t(dusts_) + size_t(dust)) * size_t(range_.size()) + size_t(band);
  const float* row = values_.data() + cell * size_t(templates_);
  float sum = 0;
  for (int i = 0; i < mixture.count; ++i) sum += mixture.weight[size_t(i)] * row[mixture.index[size_t(i)]];
  return double(sum);
}

BandFluxes PhotometryTable::fluxes(const Mixture& mixture, double redshift, double av) const {
  const double place =
      shifts_ > 1 ? std::clamp(std::log10(1 + redshift) / (kCoarseStep * kShiftCells), 0.0, double(shifts_ - 1)) : 0;
  const int s = std::min(int(place), std::max(0, shifts_ - 2));
  const double above = place - s;
  const double dust_place = dusts_ > 1 ? std::clamp(av / kAvStep, 0.0, double(dusts_ - 1)) : 0;
  const int d = std::min(int(dust_place), std::max(0, dusts_ - 2));
  const double dustier = dust_place - d, kept_av = dust_place * kAvStep;
  BandFluxes out{};
  for (int b = 0; b < range_.size(); ++b) {
    double value = (1 - above) * (1 - dustier) * at(s, b, d, mixture);
    if (above > 0) value += above * (1 - dustier) * at(s + 1, b, d, mixture);
    if (dustier > 0) value += (1 - above) * dustier * at(s, b, d + 1, mixture);
    if (above > 0 && dustier > 0) value += above * dustier * at(s + 1, b, d + 1, mixture);
    if (kept_av > 0) value *= astro::transmission(kept_av * options_.dust(pivot_angstrom_[size_t(b)] / (1 + redshift)));
    out[size_t(range_.first) + size_t(b)] = value;
  }
  return out;
}

}  // namespace asterism::sky
