#include "models/value_embedding_spectrum.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "models/grid_positions.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/fourier.h"

namespace asterism::models {
namespace {

constexpr int64_t kPlaceFrequencies = 24;  // periods in ln(wavelength): 4 down to 0.004, about one patch
constexpr int64_t kScaleFrequencies = 8;   // periods in ln(scale): 64 down to 2
constexpr double kLeastScale = 1e-12;
constexpr double kReferenceAngstrom = 6000;

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
  const int64_t n = spectrum.n, length = spectrum.length, count = std::max<int64_t>(1, (length + patch_ - 1) / patch_);
  auto padded = [&](const at::Tensor& x) {
    return at::constant_pad_nd(x, {0, count * patch_ - length}, 0).view({n, count, patch_});
  };
  View out;
  out.grid = {1, 1, count};
  for (int64_t i = 0; i < n && length > 0; ++i) {
    const auto seen = wavelength_stretches({spectrum.wavelength_angstrom.data() + i * length, size_t(length)}, patch_);
    out.places.columns.insert(out.places.columns.end(), seen.begin(), seen.end());
  }
  const auto flux_here = wrap(spectrum.flux, {n, length}), ivar_here = wrap(spectrum.ivar, {n, length}),
             wavelength_here = wrap(spectrum.wavelength_angstrom, {n, length});
  const auto good_here = wrap(spectrum.mask, {n, length})
                             .eq(0)
                             .logical_and(ivar_here.gt(0))
                             .logical_and(wavelength_here.gt(0))
                             .logical_and(wrap(spectrum.present, {n, 1}).gt(0));
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
  const auto patches = padded(good_here).any(2);
  const auto usable = at::cat({patches.any(1, true), patches}, 1).to(at::kByte).contiguous();
  out.usable_NP.assign(usable.const_data_ptr<uint8_t>(), usable.const_data_ptr<uint8_t>() + usable.numel());
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
  return pixels_(x) + place(view, object_R, patch_R);
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
  return place_(features.to(options)) + modality_D_;
}

at::Tensor ValueEmbeddingSpectrum::embed_scales(const View& view, const at::Tensor& object_R) const {
  auto chosen = [&](const char* name) { return view.tensors.at(name).index_select(0, object_R).to(at::kDouble); };
  const auto level = chosen("scale").log(), sharpness = chosen("sharpness").asinh();
  const auto x = at::cat(
      {nn::fourier_features(level, scale_frequencies_), level.unsqueeze(1) / 8,
       nn::fourier_features(sharpness, scale_frequencies_), sharpness.unsqueeze(1) / 4, chosen("share").unsqueeze(1)},
      1);
  return scale_(x.to(modality_D_.options().requires_grad(false))) + modality_D_;
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
