#pragma once
// A spectrum in the table of conditionals: the median and 68% of the draws, over the observed one.

#include <span>

#include "eval/conditionals/column.h"

namespace asterism::eval {

// Means of the good pixels in `bins` wavelength bins of equal width, weighted by `weight` where it is not empty; NaN
// where a bin has none.
std::vector<double> binned(std::span<const float> wavelength_angstrom, std::span<const float> flux,
                           std::span<const float> weight, std::span<const uint8_t> mask, double low_angstrom,
                           double high_angstrom, size_t bins);

class SpectrumColumn : public ConditionalColumn {
 public:
  SpectrumColumn(const Conditionals& table, size_t column);
  std::string draw_observed(report::Drawing& out, const report::Box& box) const override;
  std::string draw_predicted(report::Drawing& out, const report::Box& box,
                             const models::Prediction& prediction) const override;

 private:
  void draw_axis(report::Drawing& out, const report::Box& box) const;
  void draw_curve(report::Drawing& out, const report::Box& box, const std::vector<double>& flux,
                  const std::string& colour) const;
  std::vector<double> binned_like(const modalities::SpectrumBlock& grid, std::span<const float> flux,
                                  std::span<const uint8_t> mask) const;
  double x_at(const report::Box& box, size_t bin) const;
  double y_at(const report::Box& box, double flux) const;  // kept inside the box

  std::string name_;
  const modalities::SpectrumBlock& observed_;
  std::vector<double> curve_;  // of what was observed, binned
  double low_angstrom_ = 0, high_angstrom_ = 1, low_flux_ = 0, high_flux_ = 1;
};

}  // namespace asterism::eval
