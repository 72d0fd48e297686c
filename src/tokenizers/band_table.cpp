#include "tokenizers/band_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/error.h"
#include "nn/fourier.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kHidden = 64, kWavelengthFrequencies = 6, kWidthFrequencies = 3;
constexpr int64_t kFeatures = 2 * (kWavelengthFrequencies + kWidthFrequencies) + 2;

}  // namespace

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
  noise_ = scope.buffer("noise", at::tensor(noise, at::kDouble));
  const int64_t e = settings_.embed;
  if (settings_.physical) {
    in1_ = nn::Linear(scope / "in" / 1, kFeatures, kHidden);
    in2_ = nn::Linear(scope / "in" / 2, kHidden, 3 * e);
    out1_ = nn::Linear(scope / "out" / 1, kFeatures, kHidden);
    out2_ = nn::Linear(scope / "out" / 2, kHidden, e + 1);
  } else {
    table_in_ = scope.parameter("in", {int64_t(known), 3, e}, nn::Init::normal(1 / std::sqrt(3.0)));
    table_out_ = scope.parameter("out", {int64_t(known), e + 1}, nn::Init::normal(1 / std::sqrt(double(e))));
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

void BandTable::check(const std::vector<modalities::Band>& bands) const {
  std::set<std::string> seen;
  for (const auto& band : bands) {
    if (!seen.insert(band.name).second) base::user_error("image_conv: band '{}' is given twice.", band.name);
    if (settings_.physical) {
      if (!(band.wavelength_angstrom > 0))
        base::user_error(
            "image_conv computes a band from its wavelength, and band '{}' has none; set it, or train with "
            "band_embedding = \"table\".",
            band.name);
    } else if (std::find(settings_.names.begin(), settings_.names.end(), band.name) == settings_.names.end()) {
      base::user_error("image_conv does not know band '{}'; the nearest is '{}' of {}.", band.name,
                       base::nearest(band.name, settings_.names), base::quoted_list(settings_.names));
    }
  }
}

at::Tensor BandTable::rows(const std::vector<modalities::Band>& bands) const {
  std::vector<int64_t> out;
  out.reserve(bands.size());
  for (const auto& band : bands)
    out.push_back(std::find(settings_.names.begin(), settings_.names.end(), band.name) - settings_.names.begin());
  return at::tensor(out, at::kLong);
}

at::Tensor BandTable::features(const std::vector<modalities::Band>& bands) const {
  std::vector<double> place, width;
  for (const auto& band : bands) {
    place.push_back(std::log(band.wavelength_angstrom / 6000));
    // an unknown width is taken as a broad filter's
    width.push_back(std::log((band.width_angstrom > 0 ? band.width_angstrom : 0.2 * band.wavelength_angstrom) / 1200));
  }
  const auto x = at::tensor(place, at::kDouble), w = at::tensor(width, at::kDouble);
  const auto dtype = in1_.weight.scalar_type();
  return at::cat({nn::fourier_features(x, nn::geometric_frequencies(0.125, 4, kWavelengthFrequencies, at::kDouble)),
                  nn::fourier_features(w, nn::geometric_frequencies(0.125, 0.5, kWidthFrequencies, at::kDouble)),
                  x.unsqueeze(1), w.unsqueeze(1)},
                 1)
      .to(dtype);
}

at::Tensor BandTable::in(const std::vector<modalities::Band>& bands) const {
  if (!settings_.physical) return table_in_.index_select(0, rows(bands));
  return in2_(at::gelu(in1_(features(bands)))).view({int64_t(bands.size()), 3, settings_.embed});
}

at::Tensor BandTable::out(const std::vector<modalities::Band>& bands) const {
  if (!settings_.physical) return table_out_.index_select(0, rows(bands));
  return out2_(at::gelu(out1_(features(bands))));
}

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
