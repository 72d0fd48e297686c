#include "tokenizers/spectrum_grid.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/quantile.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/rebin.h"

namespace asterism::tokenizers {

namespace {

constexpr double kLargest = 1e15;  // of a flux over the scale: its square is a float still, and so are sums of such

// How bright the spectrum is beside its noise: never zero while a pixel is good.
float robust_scale(const float* flux, const float* ivar, int64_t pixels) {
  std::vector<float> values, noise;
  for (int64_t i = 0; i < pixels; ++i) {
    if (ivar[i] <= 0) continue;
    values.push_back(flux[i]);
    noise.push_back(1 / std::sqrt(ivar[i]));
  }
  return std::hypot(std::max(0.0f, base::middle(std::move(values))), base::middle(std::move(noise)));
}

}  // namespace

void SpectrumGridSettings::describe(config::Fields& f) {
  f.add("unit", unit, "of the flux density");
  f.add("wavelength_low", wavelength_low, "lower edge of the codec's own grid, Angstrom in vacuum").between(1, 1e8);
  f.add("wavelength_high", wavelength_high, "upper edge").between(1, 1e8);
  f.add("pixels", pixels, "of that grid").between(1, 1 << 20);
  f.add("spacing", spacing, "of that grid").one_of({"log", "linear"});
  f.add("norm_bins", norm_bins, "codes of the normalisation token").between(2, 65536);
  f.add("norm_low", norm_low, "its lowest log10 of the scale").between(-30, 30);
  f.add("norm_high", norm_high, "its highest").between(-30, 30);
}

SpectrumGrid::SpectrumGrid(const SpectrumGridSettings& settings, std::string reader)
    : settings_(settings), reader_(std::move(reader)) {
  const auto& s = settings_;
  if (s.wavelength_low >= s.wavelength_high)
    base::user_error("{}: wavelength_low = {} is not below wavelength_high = {}.", reader_, s.wavelength_low,
                     s.wavelength_high);
  if (s.norm_low >= s.norm_high)
    base::user_error("{}: norm_low = {} is not below norm_high = {}.", reader_, s.norm_low, s.norm_high);
  edges_ = grid_edges(s.wavelength_low, s.wavelength_high, s.pixels, s.spacing == "log");
}

std::vector<double> SpectrumGrid::wavelengths() const {
  std::vector<double> out;
  for (size_t i = 0; i + 1 < edges_.size(); ++i)
    out.push_back(settings_.spacing == "log" ? std::sqrt(edges_[i] * edges_[i + 1]) : (edges_[i] + edges_[i + 1]) / 2);
  return out;
}

at::Tensor SpectrumGrid::scale_of(const at::Tensor& norm_ids) const {
  const double step = (settings_.norm_high - settings_.norm_low) / double(settings_.norm_bins);
  const auto exponent = (norm_ids.to(at::kDouble) + 0.5) * step + settings_.norm_low;
  return at::pow(10.0, exponent).to(at::kFloat);
}

std::vector<float> SpectrumGrid::wavelengths_of(const DecodeRequest& request) const {
  std::vector<float> out(request.wavelength_angstrom.begin(), request.wavelength_angstrom.end());
  if (out.empty()) {
    const auto own = wavelengths();
    out.assign(own.begin(), own.end());
  }
  for (size_t i = 0; i < out.size(); ++i)
    if (!(out[i] > 0) || !std::isfinite(out[i]) || (i > 0 && !(out[i] > out[i - 1])))
      base::user_error("{}: wavelengths to decode onto must increase strictly; entry {} is {}.", reader_, i, out[i]);
  return out;
}

SpectrumGrid::Input SpectrumGrid::prepare(const modalities::Block& block, bool with_lsf) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "spectrum", settings_.unit, reader_);
  const auto& b = spectrum_of(*given, reader_);
  const int64_t L = settings_.pixels;
  const auto flux = at::empty({b.n, L}), ivar = at::empty({b.n, L});
  const auto lsf = with_lsf ? at::empty({b.n, L}) : at::Tensor();
  std::vector<float> scales;
  std::vector<int64_t> rows;
  const double step = (settings_.norm_high - settings_.norm_low) / double(settings_.norm_bins);
  for (int64_t row = 0; row < b.n; ++row) {
    if (!b.present[size_t(row)]) continue;
    const size_t start = size_t(row * b.length), length = size_t(b.length);
    const SpectrumRow spectrum{{b.wavelength_angstrom.data() + start, length},
                               {b.flux.data() + start, length},
                               {b.ivar.data() + start, length},
                               {b.mask.data() + start, length}};
    float* f = flux.data_ptr<float>() + int64_t(rows.size()) * L;
    float* v = ivar.data_ptr<float>() + int64_t(rows.size()) * L;
    if (!rebin(spectrum, edges_, {f, size_t(L)}, {v, size_t(L)}))
      base::user_error("{}: wavelength_angstrom of object {} does not increase strictly up to its padding of zeros.",
                       reader_, row);
    if (std::none_of(v, v + L, [](float x) { return x > 0; })) continue;
    if (with_lsf) {
      float* to = lsf.data_ptr<float>() + int64_t(rows.size()) * L;
      mean_of_known(spectrum.wavelength_angstrom, {b.lsf_sigma_angstrom.data() + start, length}, edges_,
                    {to, size_t(L)});
    }
    scales.push_back(std::log10(std::max(robust_scale(f, v, L), 1e-30f)));
    rows.push_back(row);
  }
  Input out;
  out.n = b.n;
  out.rows_M = at::tensor(rows, at::kLong);
  const auto place = at::floor((at::tensor(scales, at::kDouble) - settings_.norm_low) / step);
  out.norm_ids_M = place.clamp(0, double(settings_.norm_bins - 1)).to(at::kLong);
  const auto scale = scale_of(out.norm_ids_M).unsqueeze(1);
  const int64_t M = int64_t(rows.size());
  out.flux_ML = flux.narrow(0, 0, M).div_(scale).clamp_(-kLargest, kLargest);
  out.ivar_ML = ivar.narrow(0, 0, M).mul_(scale.square()).clamp_max_(1e30);
  if (with_lsf) out.lsf_ML = lsf.narrow(0, 0, M);
  return out;
}

modalities::SpectrumBlock SpectrumGrid::drawn(const Tokens& tokens, const DecodeRequest& request, const Draw& draw,
                                              const Seen& seen) const {
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  const auto ids = tokens.ids.index_select(0, rows);
  if (ids.numel() > 0 && ids.select(1, 0).max().item<int64_t>() >= settings_.norm_bins)
    base::user_error("{}: token 0 is the normalisation, 0..{}; {} is none.", reader_, settings_.norm_bins - 1,
                     ids.select(1, 0).max().item<int64_t>());
  const auto wavelength = wavelengths_of(request);
  const auto places = interpolation(edges_, settings_.spacing == "log", wavelength);
  const auto left = at::tensor(places.left, at::kLong), inside = at::tensor(places.inside, at::kByte).to(at::kBool);
  const auto right = (left + 1).clamp_max(settings_.pixels - 1);
  const auto share = at::tensor(places.weight);

  const int64_t n = tokens.ids.size(0), length = int64_t(wavelength.size());
  const auto flux = at::zeros({n, length});
  nn::Answers answers;
  for (int64_t start = 0; start < rows.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, rows.size(0) - start);
    const auto part = ids.narrow(0, start, m);
    answers.add(draw(part), [&, part, start, m](const at::Tensor& answer) {
      const auto latent = answer * scale_of(part.narrow(1, 0, 1));
      const auto these = rows.narrow(0, start, m);
      const auto shown =
          seen ? seen(latent, these) : at::lerp(latent.index_select(1, left), latent.index_select(1, right), share);
      flux.index_copy_(0, these, shown * inside);
    });
  }
  answers.finish();
  const auto good = at::logical_and(tokens.present.unsqueeze(1), inside.unsqueeze(0));
  modalities::SpectrumBlock out;
  out.n = n;
  out.length = length;
  out.unit = settings_.unit;
  copy_into(out.present, tokens.present);
  copy_into(out.wavelength_angstrom, at::tensor(wavelength).unsqueeze(0).expand({n, length}));
  copy_into(out.flux, flux);
  copy_into(out.ivar, good);
  copy_into(out.mask, at::logical_not(good));
  out.lsf_sigma_angstrom.assign(size_t(n * length), 0);
  return out;
}

}  // namespace asterism::tokenizers
