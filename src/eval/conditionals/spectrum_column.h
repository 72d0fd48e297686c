#pragma once
// A spectrum in the table of conditionals: the mean of the draws with their spread, over the observed one.

#include "eval/conditionals/column.h"

namespace asterism::eval {

// A spectrum in wavelength bins of equal width: means of good pixels (weighted by ivar where `weighted`), NaN where a
// bin has none. `spread`: the mean of 1 / sqrt(ivar).
struct BinnedSpectrum {
  std::vector<double> wavelength_angstrom, flux, spread;
};
BinnedSpectrum binned(const modalities::SpectrumBlock& spectrum, double low_angstrom, double high_angstrom, int bins,
                      bool weighted);

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
  double x_at(const report::Box& box, double wavelength_angstrom) const;
  double y_at(const report::Box& box, double flux) const;  // kept inside the box

  std::string name_;
  const modalities::SpectrumBlock& observed_;
  BinnedSpectrum curve_;  // of what was observed
  double low_angstrom_ = 0, high_angstrom_ = 1, low_flux_ = 0, high_flux_ = 1;
};

}  // namespace asterism::eval
