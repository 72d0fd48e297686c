#pragma once
// Model stars on a grid of temperature, gravity and metallicity, between which spectra are interpolated linearly.
// Because that is linear, fluxes interpolated in the same way agree with the spectrum exactly.

#include <array>
#include <span>
#include <vector>

#include "sky/grid.h"

namespace asterism::sky {

// A spectrum as a weighted sum of few templates.
struct Mixture {
  static constexpr int kMost = 64;
  int count = 0;
  std::array<int, kMost> index{};
  std::array<float, kMost> weight{};
  void add(int template_index, double w) {
    if (w == 0) return;
    index[size_t(count)] = template_index;
    weight[size_t(count++)] = float(w);
  }
};

class StarGrid {
 public:
  StarGrid();  // computes every node: about half a second on two cores

  // Weights of the (at most eight) nodes around a star; values beyond the grid are brought to its edge. The sum of the
  // weights is 1, so the mixture integrates to 1 as its templates do.
  static Mixture mixture(double teff_k, double log_g, double fe_h);
  static int index(int teff, int log_g, int fe_h);

  const std::vector<ModelSpectrum>& templates() const { return templates_; }

  static std::span<const double> teff_nodes();
  static std::span<const double> log_g_nodes();
  static std::span<const double> fe_h_nodes();

 private:
  std::vector<ModelSpectrum> templates_;
};

}  // namespace asterism::sky
