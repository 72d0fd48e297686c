#include "eval/rebuild.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "eval/held_out.h"
#include "modalities/image.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/noise_level.h"

namespace asterism::eval {
namespace {

using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::SpectrumBlock;

template <class Block>
bool one_grid(const Block& block) {
  const float* first = block.wavelength_angstrom.data();
  for (int64_t i = 1; i < block.n; ++i)
    if (!std::equal(first, first + block.length, first + i * block.length)) return false;
  return block.length > 0 && block.wavelength_angstrom[size_t(block.length - 1)] > 0;
}

// Where a wavelength lies among those of row i: between `left` and the next.
struct Place {
  int64_t left = 0;
  float share = 0;
};
template <class Block>
std::optional<Place> place_of(const Block& from, int64_t i, float wavelength) {
  const float* x = from.wavelength_angstrom.data() + i * from.length;
  int64_t length = from.length;
  while (length > 0 && x[length - 1] <= 0) --length;
  const int64_t right = std::lower_bound(x, x + length, wavelength) - x;
  if (wavelength <= 0 || right == 0 || right >= length) return std::nullopt;
  return Place{right - 1, (wavelength - x[right - 1]) / (x[right] - x[right - 1])};
}

// Every spectrum on its own wavelengths and with its own line spread.
SpectrumBlock rebuilt_one_by_one(const tokenizers::Tokenizer& tokenizer, const tokenizers::Tokens& tokens,
                                 const SpectrumBlock& observed) {
  SpectrumBlock out = observed;
  std::fill(out.flux.begin(), out.flux.end(), 0.0f);
  std::fill(out.ivar.begin(), out.ivar.end(), 0.0f);
  std::fill(out.mask.begin(), out.mask.end(), uint8_t{1});
  for (int64_t i = 0; i < observed.n; ++i) {
    const auto at = i * observed.length;
    const auto* wavelength = observed.wavelength_angstrom.data() + at;
    const auto* end = std::find(wavelength, wavelength + observed.length, 0.0f);
    out.present[size_t(i)] = tokens.present[i].item<bool>() && end != wavelength ? 1 : 0;
    if (out.present[size_t(i)] == 0) continue;
    tokenizers::DecodeRequest request;
    request.wavelength_angstrom.assign(wavelength, end);
    const auto* lsf = observed.lsf_sigma_angstrom.data() + at;
    request.lsf_sigma_angstrom.assign(lsf, lsf + (end - wavelength));
    const auto decoded = tokenizer.decode({tokens.ids.narrow(0, i, 1), tokens.present.narrow(0, i, 1)}, request);
    const auto& drawn = std::get<SpectrumBlock>(decoded);
    out.unit = drawn.unit;
    std::copy(drawn.flux.begin(), drawn.flux.end(), out.flux.begin() + at);
    std::copy(drawn.ivar.begin(), drawn.ivar.end(), out.ivar.begin() + at);
    std::copy(drawn.mask.begin(), drawn.mask.end(), out.mask.begin() + at);
  }
  return out;
}

// On the wavelengths of what was observed: asked for at once, or one object at a time.
template <class Block>
modalities::Block rebuilt_on_grid(const tokenizers::Tokenizer& tokenizer, const tokenizers::Tokens& tokens,
                                  tokenizers::DecodeRequest& request, const Block& observed) {
  if (!one_grid(observed)) {
    if constexpr (std::is_same_v<Block, SpectrumBlock>)
      if (tokenizer.reads_line_spread()) return rebuilt_one_by_one(tokenizer, tokens, observed);
    const auto decoded = tokenizer.decode(tokens, request);
    return on_wavelengths(std::get<Block>(decoded), observed);
  }
  request.wavelength_angstrom.assign(observed.wavelength_angstrom.begin(),
                                     observed.wavelength_angstrom.begin() + observed.length);
  if (tokenizer.reads_line_spread()) request.lsf_sigma_angstrom = observed.lsf_sigma_angstrom;
  return tokenizer.decode(tokens, request);
}

}  // namespace

SpectrumBlock on_wavelengths(const SpectrumBlock& from, const SpectrumBlock& onto) {
  SpectrumBlock out = onto;
  for (int64_t i = 0; i < onto.n; ++i)
    for (int64_t k = 0; k < onto.length; ++k) {
      const auto at = size_t(i * onto.length + k);
      out.flux[at] = out.ivar[at] = 0;
      out.mask[at] = 1;
      const auto place = place_of(from, i, onto.wavelength_angstrom[at]);
      if (!place) continue;
      const auto a = size_t(i * from.length + place->left), b = a + 1;
      if (from.mask[a] != 0 || from.mask[b] != 0) continue;
      out.flux[at] = from.flux[a] + place->share * (from.flux[b] - from.flux[a]);
      out.ivar[at] = 1;
      out.mask[at] = 0;
    }
  return out;
}

CubeBlock on_wavelengths(const CubeBlock& from, const CubeBlock& onto) {
  ASTERISM_CHECK(from.n == onto.n && from.height == onto.height && from.width == onto.width,
                 "cubes of {} x {} and {} x {} spaxels", from.height, from.width, onto.height, onto.width);
  CubeBlock out = onto;
  const auto plane = size_t(onto.height * onto.width);
  for (int64_t i = 0; i < onto.n; ++i)
    for (int64_t k = 0; k < onto.length; ++k) {
      const auto row = size_t(i * onto.length + k);
      const auto place = place_of(from, i, onto.wavelength_angstrom[row]);
      for (size_t at = row * plane; at < (row + 1) * plane; ++at) {
        out.flux[at] = out.ivar[at] = 0;
        out.mask[at] = 1;
        if (!place) continue;
        const size_t a = size_t(i * from.length + place->left) * plane + at - row * plane, b = a + plane;
        if (from.mask[a] != 0 || from.mask[b] != 0) continue;
        out.flux[at] = from.flux[a] + place->share * (from.flux[b] - from.flux[a]);
        out.ivar[at] = 1;
        out.mask[at] = 0;
      }
    }
  return out;
}

namespace {

const char* const kReader = "evaluate";

// Of each image and band; empty where there is no inverse variance.
base::AlignedVector<float> noise_of(const ImageBlock& image) {
  base::AlignedVector<float> out;
  if (!image.has_ivar || image.n == 0) return out;
  const std::vector<int64_t> shape{image.n, int64_t(image.bands.size()), image.height, image.width};
  const auto ivar = tokenizers::wrap(image.ivar, shape) * (tokenizers::wrap(image.mask, shape) == 0);
  tokenizers::copy_into(out, tokenizers::sky_noise(ivar));
  return out;
}

}  // namespace

modalities::Block in_unit_of(const modalities::Block& rebuilt, modalities::Block observed) {
  const auto convert = [&](const std::string& unit, const std::string& own) {
    if (unit != own)
      observed = modalities::Block(*tokenizers::InUnit(observed, modalities::kind(observed), unit, kReader));
  };
  if (const auto* image = std::get_if<ImageBlock>(&rebuilt)) convert(image->unit, std::get<ImageBlock>(observed).unit);
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&rebuilt))
    convert(spectrum->unit, std::get<SpectrumBlock>(observed).unit);
  return observed;
}

modalities::Block decode_onto(const tokenizers::Tokenizer& tokenizer, const tokenizers::Tokens& tokens,
                              const modalities::Block& observed) {
  at::NoGradGuard no_grad;
  tokenizers::DecodeRequest request;
  request.points = std::get_if<modalities::LightCurveBlock>(&observed);
  if (const auto* image = std::get_if<ImageBlock>(&observed)) {
    request.bands = image->bands;
    request.height = image->height;
    request.width = image->width;
    request.pixel_scale_arcsec = image->pixel_scale_arcsec;
    request.psf_fwhm_arcsec = image->psf_fwhm_arcsec;
    request.noise = noise_of(*image);
    auto drawn = tokenizer.decode(tokens, request);
    const auto& unit = std::get<ImageBlock>(drawn).unit;
    if (request.noise.empty() || unit == image->unit) return drawn;
    const tokenizers::InUnit as_drawn(observed, "image", unit, kReader);  // the unit shows in what is drawn
    request.noise = noise_of(std::get<ImageBlock>(*as_drawn));
    return tokenizer.decode(tokens, request);
  }
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&observed))
    return rebuilt_on_grid(tokenizer, tokens, request, *spectrum);
  if (const auto* cube = std::get_if<CubeBlock>(&observed)) {
    request.pixel_scale_arcsec = cube->pixel_scale_arcsec;
    request.height = cube->height;
    request.width = cube->width;
    return rebuilt_on_grid(tokenizer, tokens, request, *cube);
  }
  return tokenizer.decode(tokens, request);
}

modalities::Block rebuild(const tokenizers::Tokenizer& tokenizer, const modalities::Block& observed,
                          tokenizers::Tokens* out) {
  at::NoGradGuard no_grad;
  const auto* curve = std::get_if<modalities::LightCurveBlock>(&observed);
  const auto tokens =
      curve != nullptr ? tokenizer.encode(modalities::Block(without_held_out(*curve))) : tokenizer.encode(observed);
  if (out != nullptr) *out = tokens;
  return decode_onto(tokenizer, tokens, observed);
}

void check_rebuild_as(const RebuildAs& how, const modalities::Block& block) {
  const auto* image = std::get_if<ImageBlock>(&block);
  const auto refuse = [&](const char* option, const char* of, bool told, bool is) {
    if (told && !is)
      base::user_error("{} is of {}, and what is judged is of kind '{}': leave it out", option, of,
                       modalities::kind(block));
  };
  refuse("--bin", "images", how.bin > 1, image != nullptr);
  refuse("--read-as", "images", !how.read_as.empty(), image != nullptr);
  refuse("--zero-point", "images", !how.calibration.zero_point.empty(), image != nullptr);
  refuse("--psf", "images", !how.calibration.psf_arcsec.empty(), image != nullptr);
  refuse("--counts-as", "spectra", !how.calibration.counts_as.empty(), std::holds_alternative<SpectrumBlock>(block));
  if (image == nullptr) return;
  std::vector<std::string> names;
  for (const auto& band : image->bands) names.push_back(band.name);
  for (const auto& [name, as] : how.read_as)
    if (std::find(names.begin(), names.end(), name) == names.end())
      base::user_error("--read-as {}={}: the images have the bands {}", name, as, base::quoted_list(names));
}

Rebuilt rebuild_as(const tokenizers::Tokenizer& tokenizer, modalities::Block observed, const RebuildAs& how) {
  Rebuilt out;
  auto* image = std::get_if<ImageBlock>(&observed);
  if (image != nullptr && how.bin > 1) *image = modalities::binned(*image, how.bin);
  if (!how.calibration.empty()) {
    observed = calibrated(std::move(observed), how.calibration);
    image = std::get_if<ImageBlock>(&observed);
  }
  if (image != nullptr && !how.read_as.empty()) {
    auto posing = *image;
    for (auto& band : posing.bands)
      if (const auto as = how.read_as.find(band.name); as != how.read_as.end()) band.name = as->second;
    out.rebuilt = rebuild(tokenizer, posing, &out.tokens);
    std::get<ImageBlock>(out.rebuilt).bands = image->bands;
  } else {
    out.rebuilt = rebuild(tokenizer, observed, &out.tokens);
  }
  out.observed = in_unit_of(out.rebuilt, std::move(observed));
  return out;
}

double bits_of(const tokenizers::Tokenizer& tokenizer, const tokenizers::Tokens& tokens) {
  return double(tokens.ids.size(1)) * std::log2(double(tokenizer.vocabulary()));
}

}  // namespace asterism::eval
