#include "models/bridged.h"

namespace asterism::models {
namespace {

constexpr int64_t kPixels = 32;

struct Anchor {
  double wavelength = 0, flux = 0;
  bool found = false;
};

// The mean of the nearest seen pixels from `start` on, going by `step`.
Anchor anchor_at(const modalities::SpectrumBlock& observed, const modalities::SpectrumBlock& hidden, int64_t row,
                 int64_t start, int64_t step) {
  double weight = 0, wavelength = 0, flux = 0;
  int64_t count = 0;
  for (int64_t p = start; p >= 0 && p < observed.length && count < kPixels; p += step) {
    const auto at = size_t(row * observed.length + p);
    if (observed.mask[at] != 0 || !(observed.ivar[at] > 0) || hidden.mask[at] == 0) continue;
    ++count;
    weight += observed.ivar[at];
    wavelength += double(observed.ivar[at]) * observed.wavelength_angstrom[at];
    flux += double(observed.ivar[at]) * observed.flux[at];
  }
  if (count == 0) return {};
  return {wavelength / weight, flux / weight, true};
}

double on_line(const Anchor& left, const Anchor& right, double wavelength) {
  if (!left.found || !right.found) return left.found ? left.flux : right.flux;
  if (left.wavelength == right.wavelength) return (left.flux + right.flux) / 2;
  const double share = (wavelength - left.wavelength) / (right.wavelength - left.wavelength);
  return left.flux + share * (right.flux - left.flux);
}

}  // namespace

modalities::SpectrumBlock bridged(const modalities::SpectrumBlock& observed, const modalities::SpectrumBlock& hidden) {
  auto out = hidden;
  for (int64_t i = 0; i < observed.n; ++i) {
    const auto is_hidden = [&](int64_t p) { return hidden.mask[size_t(i * observed.length + p)] == 0; };
    for (int64_t first = 0; first < observed.length; ++first) {
      if (!is_hidden(first)) continue;
      int64_t last = first;
      while (last + 1 < observed.length && is_hidden(last + 1)) ++last;
      const auto left = anchor_at(observed, hidden, i, first - 1, -1);
      const auto right = anchor_at(observed, hidden, i, last + 1, 1);
      for (int64_t p = first; p <= last; ++p) {
        const auto at = size_t(i * observed.length + p);
        out.flux[at] = float(on_line(left, right, observed.wavelength_angstrom[at]));
      }
      first = last;
    }
  }
  return out;
}

}  // namespace asterism::models
