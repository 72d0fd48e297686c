#include "astro/wavelength.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::astro {

double refractive_index_of_air(double vacuum) {
  ASTERISM_CHECK(vacuum >= 2000, "no index of air at {} A", vacuum);
  const double s = 1e8 / (vacuum * vacuum);  // squared wavenumber, 1/um^2
  return 1 + 0.05792105 / (238.0185 - s) + 0.00167917 / (57.362 - s);
}

double air_of_vacuum(double vacuum) { return vacuum / refractive_index_of_air(vacuum); }

double vacuum_of_air(double air) {
  double vacuum = air * 1.0004;
  for (int i = 0; i < 4; ++i) vacuum = air * refractive_index_of_air(vacuum);  // each step gains a factor 1e-4
  return vacuum;
}

double air_of_vacuum_morton(double vacuum) {
  const double v2 = vacuum * vacuum;
  return vacuum / (1.0 + 2.735182e-4 + 131.4182 / v2 + 2.76249e8 / (v2 * v2));
}

std::vector<double> log_grid(double log_first, double log_step, int64_t n) {
  std::vector<double> grid(static_cast<size_t>(n));
  for (size_t i = 0; i < grid.size(); ++i) grid[i] = std::pow(10.0, log_first + log_step * double(i));
  return grid;
}

std::vector<double> linear_grid(double first, double step, int64_t n) {
  std::vector<double> grid(static_cast<size_t>(n));
  for (size_t i = 0; i < grid.size(); ++i) grid[i] = first + step * double(i);
  return grid;
}

int64_t find_interval(std::span<const double> grid, double x) {
  return std::upper_bound(grid.begin(), grid.end(), x) - grid.begin() - 1;
}

std::vector<double> interpolate(std::span<const double> x, std::span<const double> y, std::span<const double> x_new) {
  ASTERISM_CHECK(x.size() == y.size(), "{} points and {} values", x.size(), y.size());
  std::vector<double> out(x_new.size(), 0.0);
  for (size_t k = 0; k < x_new.size(); ++k) {
    const int64_t i = find_interval(x, x_new[k]);
    if (i < 0) continue;
    const size_t j = size_t(i);
    if (j + 1 < x.size())
      out[k] = y[j] + (y[j + 1] - y[j]) * (x_new[k] - x[j]) / (x[j + 1] - x[j]);
    else if (x_new[k] == x[j])
      out[k] = y[j];
  }
  return out;
}

}  // namespace asterism::astro
