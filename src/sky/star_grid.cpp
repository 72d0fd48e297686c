#include "sky/star_grid.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "sky/star_spectrum.h"

namespace asterism::sky {
namespace {

constexpr double kTeff[] = {2600, 2800, 3000,  3200,  3400,  3600,  3800,  4000,  4250,  4500, 4750,
                            5000, 5250, 5500,  5750,  6000,  6250,  6500,  6800,  7200,  7600, 8000,
                            8700, 9500, 10500, 12000, 14000, 17000, 21000, 27000, 35000, 45000};
constexpr double kLogG[] = {1.0, 2.8, 4.5};
constexpr double kFeH[] = {-2.0, -1.0, -0.4, 0.0, 0.35};

struct Place {
  int node = 0;
  double above = 0;  // weight of node + 1
};

Place locate(std::span<const double> nodes, double x) {
  if (x <= nodes.front()) return {0, 0};
  if (x >= nodes.back()) return {int(nodes.size()) - 2, 1};
  const int i = int(std::upper_bound(nodes.begin(), nodes.end(), x) - nodes.begin()) - 1;
  return {i, (x - nodes[size_t(i)]) / (nodes[size_t(i) + 1] - nodes[size_t(i)])};
}

}  // namespace

std::span<const double> StarGrid::teff_nodes() { return kTeff; }
std::span<const double> StarGrid::log_g_nodes() { return kLogG; }
std::span<const double> StarGrid::fe_h_nodes() { return kFeH; }

int StarGrid::index(int teff, int log_g, int fe_h) {
  return (fe_h * int(std::size(kLogG)) + log_g) * int(std::size(kTeff)) + teff;
}

StarGrid::StarGrid() : templates_(std::size(kTeff) * std::size(kLogG) * std::size(kFeH)) {
  const StarModel model;
  base::parallel_for(templates_.size(), 4, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t t = i % std::size(kTeff), g = i / std::size(kTeff) % std::size(kLogG),
                   f = i / std::size(kTeff) / std::size(kLogG);
      templates_[i] = model.spectrum(kTeff[t], kLogG[g], kFeH[f]);
    }
  });
}

Mixture StarGrid::mixture(double teff_k, double log_g, double fe_h) {
  const Place t = locate(kTeff, teff_k), g = locate(kLogG, log_g), f = locate(kFeH, fe_h);
  Mixture out;
  for (int dt = 0; dt < 2; ++dt)
    for (int dg = 0; dg < 2; ++dg)
      for (int df = 0; df < 2; ++df)
        out.add(index(t.node + dt, g.node + dg, f.node + df),
                (dt ? t.above : 1 - t.above) * (dg ? g.above : 1 - g.above) * (df ? f.above : 1 - f.above));
  return out;
}

}  // namespace asterism::sky
