#include "models/value_embedding_spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "models/grid_positions.h"
#include "models/input_units.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/fourier.h"
#include "nn/in_threads.h"

namespace asterism::models {
namespace {

constexpr int64_t kPlaceFrequencies = 24;  // periods in ln(wavelength): 4 down to 0.004, about one patch
constexpr int64_t kScaleFrequencies = 8;   // periods in ln(scale): 64 down to 2
constexpr double kLeastScale = 1e-12;
constexpr double kReferenceAngstrom = 6000;

// Good pixels [n, length] of bool; and of each spectrum whether it has any, then which patches have, in one pass.
at::Tensor good_pixels(const modalities::SpectrumBlock& spectrum, int64_t patch, int64_t count,
                       std::vector<uint8_t>& usable_NP) {
  const int64_t length = spectrum.length;
  auto out = at::empty({spectrum.n, length}, at::kBool);
  usable_NP.assign(size_t(spectrum.n * (count + 1)), 0);
  bool* good = out.data_ptr<bool>();
  nn::in_threads(spectrum.n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const bool present = spectrum.present[size_t(i)] > 0;
      const uint8_t* mask = spectrum.mask.data() + i * length;
      const float *ivar = spectrum.ivar.data() + i * length,
                  *wavelength = spectrum.wavelength_angstrom.data() + i * length;
      bool* to = good + i * length;
      for (int64_t x = 0; x < length; ++x) to[x] = present & (mask[x] == 0) & (ivar[x] > 0) & (wavelength[x] > 0);
      uint8_t* usable = usable_NP.data() + i * (count + 1);
      for (int64_t x = 0; x < length; ++x) usable[1 + x / patch] |= uint8_t(to[x]);
      for (int64_t p = 1; p <= count; ++p) usable[0] |= usable[p];
    }
  });
  return out;
}

// Of each object's patches.
std::vector<Stretch> stretches_of(const modalities::SpectrumBlock& spectrum, int64_t patch, int64_t count) {
  const int64_t length = spectrum.length;
  std::vector<Stretch> out(length > 0 ? size_t(spectrum.n * count) : 0);
  nn::in_threads(length > 0 ? spectrum.n : 0, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto seen = wavelength_stretches({spectrum.wavelength_angstrom.data() + i * length, size_t(length)}, patch);
      std::copy(seen.begin(), seen.end(), out.begin() + i * count);
    }
  });
  return out;
}

}  // namespace

ValueEmbeddingSpectrum::ValueEmbeddingSpectrum(const nn::Scope& scope, std::string modality, int64_t patch,
                                               int64_t width)
    : modality_(std::move(modality)),
      patch_(patch),
      width_(width),
      wavelength_frequencies_(
          scope.constant(nn::geometric_frequencies(1.0 / 4, 1 / 0.004, kPlaceFrequencies, at::kDouble))),
      scale_frequencies_(scope.constant(nn::geometric_frequencies(1.0 / 64, 1.0 / 2, kScaleFrequencies, at::kDouble))),
      pixels_(scope / "pixels", 3 * patch, width, true),
      place_(scope / "place", 2 * kPlaceFrequencies + 1, width, false),
      scale_(scope / "scale", 2 * (2 * kScaleFrequencies + 1) + 1, width, true),
      modality_D_(scope.parameter("modality", {width}, nn::Init::normal(0.1))) {}

InputEmbedding::View ValueEmbeddingSpectrum::view(const modalities::Block& block) const {
  if (!std::holds_alternative<modalities::SpectrumBlock>(block))
    base::user_error("'{}' is a spectrum for this model, but the batch holds a {}: check the modality's name",
                     modality_, modalities::kind(block));
  const auto& spectrum = std::get<modalities::SpectrumBlock>(block);
  check_unit(modality_, spectrum.unit, units_);
  const int64_t n = spectrum.n, length = spectrum.length, count = std::max<int64_t>(1, (length + patch_ - 1) / patch_);
  auto padded = [&](const at::Tensor& x) {
    return at::constant_pad_nd(x, {0, count * patch_ - length}, 0).view({n, count, patch_});
  };
  View out;
  out.grid = {1, 1, count};
  out.places.columns = stretches_of(spectrum, patch_, count);
  const auto flux_here = wrap(spectrum.flux, {n, length}), ivar_here = wrap(spectrum.ivar, {n, length}),
             wavelength_here = wrap(spectrum.wavelength_angstrom, {n, length});
  const auto good_here = good_pixels(spectrum, patch_, count, out.usable_NP);
  const auto device = modality_D_.device();
  const auto flux = nn::onto(device, flux_here), ivar = nn::onto(device, ivar_here),
             wavelength = nn::onto(device, wavelength_here), good = nn::onto(device, good_here);
  const auto nan = at::full({}, std::numeric_limits<float>::quiet_NaN(), flux.options());
  auto median = [&](const at::Tensor& x) {
    return length == 0 ? at::zeros({n}, flux.options())
                       : std::get<0>(at::where(good, x, nan).nanmedian(1)).nan_to_num(0.0);
  };
  out.tensors["scale"] = median(flux.abs()).clamp_min(kLeastScale);
  out.tensors["sharpness"] = median((flux * ivar.sqrt()).clamp(-1e6, 1e6));
  out.tensors["share"] =
      good.to(at::kFloat).sum(1) / wavelength.gt(0).to(at::kFloat).sum(1).clamp_min(1);  // not of the padding
  out.tensors["flux"] = padded(flux);
  out.tensors["ivar"] = padded(ivar);
  out.tensors["wavelength"] = padded(wavelength);
  out.tensors["good"] = padded(good);
  return out;
}

at::Tensor ValueEmbeddingSpectrum::embed_patches(const View& view, const at::Tensor& object_R,
                                                 const at::Tensor& patch_R) const {
  const auto options = modality_D_.options().requires_grad(false);
  auto chosen = [&](const char* name) { return view.tensors.at(name).index({object_R, patch_R}); };  // [R, patch]
  const auto good = chosen("good").to(options),
             scale = view.tensors.at("scale").index_select(0, object_R).to(options).unsqueeze(1);
  const auto flux = (chosen("flux").to(options) / scale).clamp(-1e6, 1e6).asinh();
  const auto noise =
      -0.5 * (chosen("ivar").to(at::kDouble) * scale.to(at::kDouble).square()).clamp(1e-20, 1e20).log().to(options) / 4;
  const auto x = at::cat({flux * good, noise * good, 1 - good}, 1);
  return pixels_.of_any_rows(x) + place(view, object_R, patch_R);
}

at::Tensor ValueEmbeddingSpectrum::place(const View& view, const at::Tensor& object, const at::Tensor& patch) const {
  const auto object_R = nn::onto(modality_D_.device(), object), patch_R = nn::onto(modality_D_.device(), patch);
  const auto options = modality_D_.options().requires_grad(false);
  const auto wavelength = view.tensors.at("wavelength").index({object_R, patch_R}).to(at::kDouble),
             known = wavelength.gt(0).to(at::kDouble);
  const auto count = known.sum(1).clamp_min(1);
  const auto logs = wavelength.clamp_min(1).div(kReferenceAngstrom).log() * known;
  const auto centre = logs.sum(1) / count;
  const auto range = at::where(known.gt(0), wavelength, at::zeros({}, wavelength.options())).amax(1) -
                     at::where(known.gt(0), wavelength, at::full({}, 1e30, wavelength.options())).amin(1);
  const auto step = (range.clamp_min(1e-3) / count).log() / 4;
  const auto features = at::cat({nn::fourier_features(centre, wavelength_frequencies_), step.unsqueeze(1)}, 1);
  return place_.of_any_rows(features.to(options)) + modality_D_;
}

at::Tensor ValueEmbeddingSpectrum::embed_scales(const View& view, const at::Tensor& object_R) const {
  auto chosen = [&](const char* name) { return view.tensors.at(name).index_select(0, object_R).to(at::kDouble); };
  const auto level = chosen("scale").log(), sharpness = chosen("sharpness").asinh();
  const auto x = at::cat(
      {nn::fourier_features(level, scale_frequencies_), level.unsqueeze(1) / 8,
       nn::fourier_features(sharpness, scale_frequencies_), sharpness.unsqueeze(1) / 4, chosen("share").unsqueeze(1)},
      1);
  return scale_.of_any_rows(x.to(modality_D_.options().requires_grad(false))) + modality_D_;
}

at::Tensor ValueEmbeddingSpectrum::embed(const View& view, const at::Tensor& object_R,
                                         const at::Tensor& position_R) const {
  const auto is_scale = position_R.eq(0);
  const auto scale_rows = is_scale.nonzero().squeeze(1), patch_rows = is_scale.logical_not().nonzero().squeeze(1);
  const std::vector<at::Tensor> indices{scale_rows, object_R.index_select(0, scale_rows), patch_rows,
                                        object_R.index_select(0, patch_rows),
                                        position_R.index_select(0, patch_rows) - 1};
  const auto there = nn::onto(modality_D_.device(), indices);
  auto out = at::zeros({position_R.size(0), width_}, modality_D_.options().requires_grad(false));
  if (scale_rows.size(0) > 0) out = out.index_copy(0, there[0], embed_scales(view, there[1]).to(out.scalar_type()));
  if (patch_rows.size(0) > 0)
    out = out.index_copy(0, there[2], embed_patches(view, there[3], there[4]).to(out.scalar_type()));
  return out;
}

}  // namespace asterism::models
