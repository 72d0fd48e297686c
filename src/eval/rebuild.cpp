#include "eval/rebuild.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/held_out.h"
#include "modalities/image.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/noise_level.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;
using modalities::SpectrumBlock;

bool one_grid(const SpectrumBlock& block) {
  const float* first = block.wavelength_angstrom.data();
  for (int64_t i = 1; i < block.n; ++i)
    if (!std::equal(first, first + block.length, first + i * block.length)) return false;
  return block.length > 0 && block.wavelength_angstrom[size_t(block.length - 1)] > 0;
}

}  // namespace

SpectrumBlock on_wavelengths(const SpectrumBlock& from, const SpectrumBlock& onto) {
  SpectrumBlock out = onto;
  for (int64_t i = 0; i < onto.n; ++i) {
    const float* x = from.wavelength_angstrom.data() + i * from.length;
    int64_t length = from.length;
    while (length > 0 && x[length - 1] <= 0) --length;
    for (int64_t p = i * onto.length; p < (i + 1) * onto.length; ++p) {
      const auto at = size_t(p);
      out.flux[at] = out.ivar[at] = 0;
      out.mask[at] = 1;
      const float wavelength = onto.wavelength_angstrom[at];
      const int64_t right = std::lower_bound(x, x + length, wavelength) - x;
      if (wavelength <= 0 || right == 0 || right >= length) continue;
      const auto a = size_t(i * from.length + right - 1), b = a + 1;
      if (from.mask[a] != 0 || from.mask[b] != 0) continue;
      const float share = (wavelength - x[right - 1]) / (x[right] - x[right - 1]);
      out.flux[at] = from.flux[a] + share * (from.flux[b] - from.flux[a]);
      out.ivar[at] = 1;
      out.mask[at] = 0;
    }
  }
  return out;
}

modalities::Block rebuild(const tokenizers::Tokenizer& tokenizer, const modalities::Block& observed,
                          tokenizers::Tokens* out) {
  at::NoGradGuard no_grad;
  const auto* curve = std::get_if<modalities::LightCurveBlock>(&observed);
  const auto tokens =
      curve != nullptr ? tokenizer.encode(modalities::Block(without_held_out(*curve))) : tokenizer.encode(observed);
  if (out != nullptr) *out = tokens;
  tokenizers::DecodeRequest request;
  request.points = curve;
  if (const auto* image = std::get_if<ImageBlock>(&observed)) {
    request.bands = image->bands;
    request.height = image->height;
    request.width = image->width;
    request.pixel_scale_arcsec = image->pixel_scale_arcsec;
    request.psf_fwhm_arcsec = image->psf_fwhm_arcsec;
    const std::vector<int64_t> shape{image->n, int64_t(image->bands.size()), image->height, image->width};
    if (image->has_ivar && image->n > 0) {
      const auto ivar = tokenizers::wrap(image->ivar, shape) * (tokenizers::wrap(image->mask, shape) == 0);
      tokenizers::copy_into(request.noise, tokenizers::sky_noise(ivar));
    }
    return tokenizer.decode(tokens, request);
  }
  const auto* spectrum = std::get_if<SpectrumBlock>(&observed);
  if (spectrum == nullptr) return tokenizer.decode(tokens, request);
  if (one_grid(*spectrum)) {
    request.wavelength_angstrom.assign(spectrum->wavelength_angstrom.begin(),
                                       spectrum->wavelength_angstrom.begin() + spectrum->length);
    return tokenizer.decode(tokens, request);
  }
  const auto decoded = tokenizer.decode(tokens, request);
  return on_wavelengths(std::get<SpectrumBlock>(decoded), *spectrum);
}

Rebuilt rebuild_as(const tokenizers::Tokenizer& tokenizer, modalities::Block observed, const RebuildAs& how) {
  Rebuilt out;
  auto* image = std::get_if<ImageBlock>(&observed);
  if (image != nullptr && how.bin > 1) *image = modalities::binned(*image, how.bin);
  if (image != nullptr && !how.read_as.empty()) {
    auto posing = *image;
    for (auto& band : posing.bands)
      if (const auto as = how.read_as.find(band.name); as != how.read_as.end()) band.name = as->second;
    out.rebuilt = rebuild(tokenizer, posing, &out.tokens);
    std::get<ImageBlock>(out.rebuilt).bands = image->bands;
  } else {
    out.rebuilt = rebuild(tokenizer, observed, &out.tokens);
  }
  out.observed = std::move(observed);
  return out;
}

double bits_of(const tokenizers::Tokenizer& tokenizer) {
  return double(tokenizer.num_tokens()) * std::log2(double(tokenizer.vocabulary()));
}

}  // namespace asterism::eval
