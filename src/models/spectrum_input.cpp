#include "models/spectrum_input.h"

#include <cmath>
#include <vector>

#include "base/error.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "tokenizers/rebin.h"

namespace asterism::models {

void SpectrumInputSettings::describe(config::Fields& f) {
  f.add("modality", modality, "which spectra it reads");
  f.add("unit", unit, "of the flux");
  f.add("pixels", pixels, "of the grid it was made for; 0: any grid").between(0, 1 << 20);
  f.add("first_angstrom", first_angstrom, "wavelength of the first pixel").between(1, 1e8);
  f.add("step_angstrom", step_angstrom, "from pixel to pixel").between(1e-6, 1e6);
  f.add("masked", masked, "pixels that are masked or without inverse variance: as they are, or the mean of the others")
      .one_of({"as_is", "mean"});
}

namespace {

// Does this row lie on the grid, to a tenth of a pixel?
bool on_grid(const float* wavelength, int64_t length, const SpectrumInputSettings& s) {
  if (length != s.pixels) return false;
  for (const int64_t i : {int64_t{0}, length / 2, length - 1})
    if (std::abs(double(wavelength[i]) - (s.first_angstrom + s.step_angstrom * double(i))) > 0.1 * s.step_angstrom)
      return false;
  return true;
}

// Pixels that nothing is known of -> the mean of those of the same row that are good; 0 where none is.
void fill_with_mean(const at::Tensor& flux_nL, const at::Tensor& good_nL) {
  const auto good = good_nL.to(at::kDouble);
  const auto mean = (flux_nL.to(at::kDouble) * good).sum(1, true) / good.sum(1, true).clamp_min(1);
  flux_nL.copy_(at::where(good_nL, flux_nL, mean.to(at::kFloat)));
}

}  // namespace

at::Tensor prepare_spectra(const modalities::Block& block, const SpectrumInputSettings& s, bool any) {
  if (!std::holds_alternative<modalities::SpectrumBlock>(block))
    base::user_error("'{}' is a spectrum for this model, but the batch holds a {}: check the modality's name",
                     s.modality, modalities::kind(block));
  const auto& spectra = std::get<modalities::SpectrumBlock>(block);
  if (spectra.unit != s.unit)
    base::user_error("this model reads spectra in '{}', and those of '{}' are in '{}': convert them first", s.unit,
                     s.modality, spectra.unit);
  const int64_t n = spectra.n, L = spectra.length;
  const auto flux = wrap(spectra.flux, {n, L});
  const auto known = wrap(spectra.mask, {n, L}).eq(0).logical_and(wrap(spectra.ivar, {n, L}).gt(0));
  const bool fills = s.masked == "mean";
  if (s.pixels == 0) {
    auto out = flux.clone();
    if (fills) fill_with_mean(out, known);
    return out;
  }
  auto out = at::zeros({n, s.pixels}), good = at::zeros({n, s.pixels}, at::kBool);
  std::vector<double> edges;
  for (int64_t i = 0; i <= s.pixels; ++i) edges.push_back(s.first_angstrom + s.step_angstrom * (double(i) - 0.5));
  std::vector<float> ivar(static_cast<size_t>(s.pixels));
  for (int64_t i = 0; i < n; ++i) {
    if (!spectra.present[size_t(i)]) continue;
    const auto begin = size_t(i * L), length = size_t(L);
    if (on_grid(spectra.wavelength_angstrom.data() + begin, L, s)) {
      out[i].copy_(flux[i]);
      good[i].copy_(known[i]);
      continue;
    }
    if (!any)
      base::user_error(
          "this model was made for spectra of {} pixels of {} Angstrom from {}, and row {} of '{}' lies on another "
          "grid: "
          "embed spectra of the same instrument, or allow others with --any-instrument (they are rebinned then)",
          s.pixels, s.step_angstrom, s.first_angstrom, i, s.modality);
    const tokenizers::SpectrumRow row{{spectra.wavelength_angstrom.data() + begin, length},
                                      {spectra.flux.data() + begin, length},
                                      {spectra.ivar.data() + begin, length},
                                      {spectra.mask.data() + begin, length}};
    if (!tokenizers::rebin(row, edges, {out[i].data_ptr<float>(), size_t(s.pixels)}, ivar))
      base::user_error("row {} of '{}': its wavelengths are not in order", i, s.modality);
    good[i].copy_(at::from_blob(ivar.data(), {s.pixels}, at::kFloat).gt(0));
  }
  if (fills) fill_with_mean(out, good);
  return out;
}

at::Tensor padding_of(const modalities::SpectrumBlock& spectra, const SpectrumInputSettings& s,
                      const at::Device& device) {
  if (s.pixels > 0) return {};
  const auto out = wrap(spectra.wavelength_angstrom, {spectra.n, spectra.length}).eq(0);
  return out.any().item<bool>() ? nn::onto(device, out) : at::Tensor();
}

}  // namespace asterism::models
