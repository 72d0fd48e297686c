#include "eval/shown/rebuilt_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/error.h"

namespace asterism::eval {
namespace {

using modalities::SpectrumBlock;

constexpr double kLeastReach = 5, kShare = 0.99, kMargin = 1.2;

// One row of both, up to the padding.
struct Pair {
  const SpectrumBlock &observed, &rebuilt;
  size_t begin = 0, length = 0;
  bool good(size_t i) const {
    const size_t at = begin + i;
    return observed.mask[at] == 0 && observed.ivar[at] > 0 && rebuilt.mask[at] == 0;
  }
  double wavelength(size_t i) const { return double(observed.wavelength_angstrom[begin + i]); }
  // Between pixel i - 1 and pixel i; the ends are the outermost pixels themselves.
  double edge(size_t i) const {
    if (i == 0) return wavelength(0);
    return i == length ? wavelength(length - 1) : 0.5 * (wavelength(i - 1) + wavelength(i));
  }
};

void add_point(RebuiltCurve& out, const Pair& pair, size_t first, size_t last) {
  double seen = 0, made = 0, weight = 0, wavelength = 0;
  for (size_t i = first; i < last; ++i) {
    wavelength += pair.wavelength(i) / double(last - first);
    if (!pair.good(i)) continue;
    const double w = double(pair.observed.ivar[pair.begin + i]);
    weight += w;
    seen += w * double(pair.observed.flux[pair.begin + i]);
    made += w * double(pair.rebuilt.flux[pair.begin + i]);
  }
  const bool any = weight > 0;
  const double none = std::numeric_limits<double>::quiet_NaN();
  out.wavelength_angstrom.push_back(wavelength);
  out.observed.push_back(any ? seen / weight : none);
  out.rebuilt.push_back(any ? made / weight : none);
  out.residual.push_back(any ? (seen - made) / std::sqrt(weight) : none);
}

}  // namespace

RebuiltCurve rebuilt_curve(const SpectrumBlock& observed, const SpectrumBlock& rebuilt, int64_t row,
                           int64_t most_points) {
  ASTERISM_CHECK(observed.length == rebuilt.length && most_points > 0, "spectra of {} and {} pixels as {} points",
                 observed.length, rebuilt.length, most_points);
  Pair pair{observed, rebuilt, size_t(row * observed.length), size_t(observed.length)};
  while (pair.length > 0 && !(pair.wavelength(pair.length - 1) > 0)) --pair.length;
  RebuiltCurve out;
  const auto step = std::max<size_t>(1, (pair.length + size_t(most_points) - 1) / size_t(most_points));
  out.pixels = int64_t(step);
  for (size_t first = 0; first < pair.length; first += step)
    add_point(out, pair, first, std::min(first + step, pair.length));
  for (size_t first = 0; first < pair.length; ++first) {
    if (pair.good(first)) continue;
    size_t last = first + 1;
    while (last < pair.length && !pair.good(last)) ++last;
    out.masked.emplace_back(pair.edge(first), pair.edge(last));
    first = last;  // which is good, or the end
  }
  const auto part = [&](const auto& values) { return std::span(values.data() + pair.begin, pair.length); };
  out.chi2 =
      chi_square(part(observed.flux), part(observed.ivar), part(observed.mask), part(rebuilt.flux), part(rebuilt.mask));
  return out;
}

double residual_reach(const RebuiltCurve& curve) {
  std::vector<double> sizes;
  for (const double value : curve.residual)
    if (std::isfinite(value)) sizes.push_back(std::abs(value));
  if (sizes.empty()) return kLeastReach;
  const auto at = sizes.begin() + std::ptrdiff_t(kShare * double(sizes.size() - 1));
  std::nth_element(sizes.begin(), at, sizes.end());
  return std::max(kLeastReach, kMargin * *at);
}

}  // namespace asterism::eval
