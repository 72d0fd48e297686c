#include "tokenizers/band_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/error.h"
#include "nn/fourier.h"
#include "nn/transfer.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kHidden = 64, kWavelengthFrequencies = 6, kOtherFrequencies = 3;
// Wavelength, relative width, pixel scale, PSF in pixels, depth: as waves and as they are; and whether width, scale and
// PSF are known.
constexpr int64_t kQuantities = 5, kFlags = 3;
constexpr int64_t kFeatures =
    2 * (kWavelengthFrequencies + (kQuantities - 1) * kOtherFrequencies) + kQuantities + kFlags;

}  // namespace

BandsSeen BandsSeen::rows(int64_t start, int64_t count) const {
  const auto part = [&](const at::Tensor& x) { return !x.defined() || x.size(0) == 1 ? x : x.narrow(0, start, count); };
  auto out = *this;
  out.noise_MC = part(noise_MC);
  out.psf_fwhm_arcsec_MC = part(psf_fwhm_arcsec_MC);
  out.named_M = part(named_M);
  out.stretch_M4 = part(stretch_M4);
  return out;
}

BandTable::BandTable(const nn::Scope& scope, BandTableSettings settings, const std::vector<double>& noise)
    : settings_(std::move(settings)) {
  const size_t known = settings_.names.size();
  if (known == 0 || noise.size() != known || settings_.wavelengths_angstrom.size() != known ||
      settings_.widths_angstrom.size() != known)
    base::user_error("image_conv: {} bands, {} wavelengths, {} widths and {} noise levels; give one of each per band.",
                     known, settings_.wavelengths_angstrom.size(), settings_.widths_angstrom.size(), noise.size());
  for (size_t i = 0; i < known; ++i)
    if (!(noise[i] > 0) || !std::isfinite(noise[i]))
      base::user_error("image_conv: the noise of band '{}' is {}; it must be positive.", settings_.names[i], noise[i]);
  check(trained());
  noise_ = scope.statistic("noise", at::tensor(noise, at::kDouble));
  const int64_t e = settings_.embed, k = int64_t(known);
  const double each = 1 / std::sqrt(3.0), drawn = 1 / std::sqrt(double(e));
  if (settings_.embedding == BandEmbedding::physical) {
    in1_ = nn::Linear(scope / "in" / 1, kFeatures, kHidden);
    in2_ = nn::Linear(scope / "in" / 2, kHidden, 3 * e);
    out1_ = nn::Linear(scope / "out" / 1, kFeatures, kHidden);
    out2_ = nn::Linear(scope / "out" / 2, kHidden, e + 1);
    if (!settings_.names_too) return;
    table_in_ = scope.parameter("named_in", {k, 3, e}, nn::Init::zeros());
    table_out_ = scope.parameter("named_out", {k, e + 1}, nn::Init::zeros());
  } else if (settings_.embedding == BandEmbedding::field) {
    table_in_ = scope.parameter("field", {k, e}, nn::Init::normal(each));
    shared_in_ = scope.parameter("shared", {2, e}, nn::Init::normal(each));
    table_out_ = scope.parameter("out", {k, e + 1}, nn::Init::normal(drawn));
  } else {
    table_in_ = scope.parameter("in", {k, 3, e}, nn::Init::normal(each));
    table_out_ = scope.parameter("out", {k, e + 1}, nn::Init::normal(drawn));
  }
}

std::vector<modalities::Band> BandTable::trained() const {
  std::vector<modalities::Band> out;
  for (size_t i = 0; i < settings_.names.size(); ++i) {
    modalities::Band band;
    band.name = settings_.names[i];
    band.wavelength_angstrom = settings_.wavelengths_angstrom[i];
    band.width_angstrom = settings_.widths_angstrom[i];
    out.push_back(band);
  }
  return out;
}

int64_t BandTable::place(const std::string& name) const {
  return std::find(settings_.names.begin(), settings_.names.end(), name) - settings_.names.begin();
}

void BandTable::check(const std::vector<modalities::Band>& bands) const {
  std::set<std::string> seen;
  for (const auto& band : bands) {
    if (!seen.insert(band.name).second) base::user_error("image_conv: band '{}' is given twice.", band.name);
    if (physical()) {
      if (!(band.wavelength_angstrom > 0))
        base::user_error(
            "image_conv computes a band from its wavelength, and band '{}' has none; set it, or train with "
            "band_embedding = \"name\".",
            band.name);
    } else if (place(band.name) == int64_t(settings_.names.size())) {
      base::user_error("image_conv does not know band '{}'; the nearest is '{}' of {}.", band.name,
                       base::nearest(band.name, settings_.names), base::quoted_list(settings_.names));
    }
  }
}

at::Tensor BandTable::rows(const std::vector<modalities::Band>& bands) const {
  std::vector<int64_t> out;
  out.reserve(bands.size());
  for (const auto& band : bands) out.push_back(place(band.name));
  return at::tensor(out, at::kLong);
}

at::Tensor BandTable::features(const BandsSeen& seen) const {
  const int64_t C = int64_t(seen.bands.size());
  std::vector<double> wavelength, width, has_width;
  for (const auto& band : seen.bands) {
    wavelength.push_back(std::log(band.wavelength_angstrom / 6000));
    // an unknown width is taken as a broad filter's
    has_width.push_back(band.width_angstrom > 0);
    width.push_back(band.width_angstrom > 0 ? std::log(band.width_angstrom / band.wavelength_angstrom / 0.2) : 0);
  }
  const auto row = [&](const std::vector<double>& values) { return at::tensor(values, at::kDouble).unsqueeze(0); };
  int64_t M = seen.noise_MC.size(0);
  for (const auto& of_images : {seen.psf_fwhm_arcsec_MC, seen.stretch_M4})
    if (of_images.defined()) M = std::max(M, of_images.size(0));
  ASTERISM_CHECK(seen.noise_MC.size(1) == C, "noise of {} bands for {}", seen.noise_MC.size(1), C);
  const auto noise = seen.noise_MC.to(at::kDouble).expand({M, C});
  const auto one = at::ones({M, C}, at::kDouble);
  const double scale = seen.pixel_scale_arcsec;
  const auto has_scale = one * double(scale > 0);
  const auto psf = seen.psf_fwhm_arcsec_MC.defined() ? seen.psf_fwhm_arcsec_MC.to(at::kDouble).expand({M, C}) : one * 0;
  const auto has_psf = (psf > 0).to(at::kDouble) * has_scale;
  auto pixel = has_scale * (scale > 0 ? std::log(scale / 0.25) : 0), depth = at::log(noise / typical_noise());
  auto x = row(wavelength) * one, w = row(width) * one;
  if (seen.stretch_M4.defined()) {
    const auto by = [&](int64_t i) { return seen.stretch_M4.narrow(1, i, 1).to(at::kDouble); };
    x = x + by(0);
    w = w + by(1) * row(has_width);
    pixel = pixel + by(2) * has_scale;
    depth = depth + by(3);
  }
  const auto sharp = at::where(has_psf > 0, at::log(psf.clamp_min(1e-6) / (4 * (scale > 0 ? scale : 1))), one * 0);
  const auto waves = nn::geometric_frequencies(0.125, 4, kWavelengthFrequencies, at::kDouble),
             slow = nn::geometric_frequencies(0.125, 0.5, kOtherFrequencies, at::kDouble);
  std::vector<at::Tensor> parts{nn::fourier_features(x, waves)};
  for (const auto& quantity : {w, pixel, sharp, depth}) parts.push_back(nn::fourier_features(quantity, slow));
  parts.push_back(at::stack({x, w, pixel, sharp, depth, row(has_width) * one, has_scale, has_psf}, -1));
  return nn::sent(at::cat(parts, -1).to(in1_.weight.scalar_type()), in1_.weight.device());
}

at::Tensor BandTable::by_name(const at::Tensor& table, const BandsSeen& seen) const {
  const int64_t known = int64_t(settings_.names.size());
  const auto row = nn::sent(rows(seen.bands), table.device());
  const auto found = (row < known).to(table.scalar_type());
  auto shape = std::vector<int64_t>(size_t(table.dim()), 1);
  shape[0] = row.size(0);
  auto out = (table.index_select(0, row.clamp_max(known - 1)) * found.view(shape)).unsqueeze(0);
  if (!seen.named_M.defined()) return out;
  shape.assign(size_t(out.dim()), 1);
  shape[0] = seen.named_M.size(0);
  return out * nn::sent(seen.named_M.to(table.scalar_type()).view(shape), table.device());
}

at::Tensor BandTable::chosen(const at::Tensor& table, const BandsSeen& seen) const {
  return table.index_select(0, nn::sent(rows(seen.bands), table.device()));
}

at::Tensor BandTable::in(const BandsSeen& seen) const {
  if (settings_.embedding == BandEmbedding::name) return chosen(table_in_, seen).unsqueeze(0);
  if (settings_.embedding == BandEmbedding::field) {
    const auto flux_CE = chosen(table_in_, seen);
    return at::stack({flux_CE, shared_in_[0].expand_as(flux_CE), shared_in_[1].expand_as(flux_CE)}, 1).unsqueeze(0);
  }
  const auto x = in2_(at::gelu(in1_(features(seen))));
  const auto computed = x.view({x.size(0), x.size(1), 3, settings_.embed});
  return settings_.names_too ? computed + by_name(table_in_, seen) : computed;
}

at::Tensor BandTable::out(const BandsSeen& seen) const {
  if (!physical()) return chosen(table_out_, seen).unsqueeze(0);
  const auto computed = out2_(at::gelu(out1_(features(seen))));
  return settings_.names_too ? computed + by_name(table_out_, seen) : computed;
}

at::Tensor BandTable::divisor(const at::Tensor& bands_M) const {
  return settings_.embedding == BandEmbedding::field ? bands_M : bands_M.sqrt();
}

double BandTable::typical_noise() const { return std::exp(noise_.log().mean().item<double>()); }

at::Tensor BandTable::noise(const std::vector<modalities::Band>& bands) const {
  std::vector<size_t> order(settings_.names.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto& wavelength = settings_.wavelengths_angstrom;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return wavelength[a] < wavelength[b]; });
  const double* noise = noise_.const_data_ptr<double>();
  std::vector<float> out;
  for (const auto& band : bands) {
    const auto known = std::find(settings_.names.begin(), settings_.names.end(), band.name);
    if (known != settings_.names.end()) {
      out.push_back(float(noise[known - settings_.names.begin()]));
      continue;
    }
    size_t above = 0;
    while (above < order.size() && wavelength[order[above]] < band.wavelength_angstrom) ++above;
    const size_t left = order[above > 0 ? above - 1 : 0], right = order[std::min(above, order.size() - 1)];
    const double a = std::log(wavelength[left]), b = std::log(wavelength[right]);
    const double t = b > a ? (std::log(band.wavelength_angstrom) - a) / (b - a) : 0;
    out.push_back(float(std::exp(std::log(noise[left]) * (1 - t) + std::log(noise[right]) * t)));
  }
  return at::tensor(out);
}

}  // namespace asterism::tokenizers
