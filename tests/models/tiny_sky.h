#pragma once
// A sky small enough for tests: every object has a hidden number u; fluxes, image, spectrum and redshift follow from it
// with a little noise, so that each tells about the others.

#include <cmath>
#include <memory>
#include <string>

#include "base/random.h"
#include "modalities/block.h"
#include "modalities/image.h"
#include "models/any_to_any.h"
#include "models/contrastive.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/spectrum_codec.h"

namespace asterism::models::tiny {

inline constexpr int64_t kSide = 16, kLength = 96;

inline modalities::ScalarBlock scalar(int64_t n, bool has_error) {
  modalities::ScalarBlock b;
  b.n = n;
  b.has_error = has_error;
  b.present.assign(size_t(n), 1);
  b.value.assign(size_t(n), 0);
  b.error.assign(size_t(n), 0);
  return b;
}

inline modalities::SpectrumBlock spectrum(int64_t n, int64_t length) {
  modalities::SpectrumBlock b;
  b.n = n;
  b.length = length;
  b.unit = "1e-17 erg/s/cm^2/Angstrom";
  b.present.assign(size_t(n), 1);
  const auto size = size_t(n * length);
  b.wavelength_angstrom.assign(size, 0);
  b.flux.assign(size, 0);
  b.ivar.assign(size, 1);
  b.mask.assign(size, 0);
  b.lsf_sigma_angstrom.assign(size, 0);
  return b;
}

inline modalities::ImageBlock image(int64_t n) {
  auto b = modalities::make_images(n, {{"des-g", 4800, 1500}, {"des-r", 6400, 1500}, {"des-z", 9200, 1500}}, kSide,
                                   kSide, "nanomaggy", 0.262, true);
  b.present.assign(size_t(n), 1);
  b.ivar.assign(b.ivar.size(), 100);
  b.mask.assign(b.mask.size(), 0);
  b.psf_fwhm_arcsec.assign(b.psf_fwhm_arcsec.size(), 1.2f);
  return b;
}

inline double hidden(int64_t first, int64_t i) { return base::Random(7, 0, uint64_t(first + i), "hidden").uniform(); }

// Objects number first .. first + n - 1 with flux_g, flux_r (with errors) and redshift; fluxes are log-normal.
inline modalities::Batch scalars(int64_t n, int64_t first = 0) {
  modalities::Batch batch;
  auto g = scalar(n, true), r = scalar(n, true), z = scalar(n, false);
  g.unit = r.unit = "nanomaggy";
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(7, 1, uint64_t(first + i), "scalars");
    const double u = hidden(first, i), level = std::exp(random.normal());
    const auto at = size_t(i);
    g.error[at] = r.error[at] = 0.05;
    g.value[at] = level + 0.05 * random.normal();
    r.value[at] = level * (1 + 2 * u) + 0.05 * random.normal();
    z.value[at] = u + 0.03 * random.normal();
    batch.objects.push_back({"tiny", std::to_string(first + i), false, 0, 0});
  }
  batch.blocks["flux_g"] = g;
  batch.blocks["flux_r"] = r;
  batch.blocks["redshift"] = z;
  return batch;
}

// The same with image_legacy (16 x 16, 3 bands) and spectrum_desi (96 pixels).
inline modalities::Batch sky(int64_t n, int64_t first = 0) {
  auto batch = scalars(n, first);
  auto im = image(n);
  auto sp = spectrum(n, kLength);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(7, 2, uint64_t(first + i), "sky");
    const double u = hidden(first, i);
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = 0; y < kSide; ++y)
        for (int64_t x = 0; x < kSide; ++x) {
          const double radius2 = (double(x) - 7.5) * (double(x) - 7.5) + (double(y) - 7.5) * (double(y) - 7.5);
          const double flux = (1 + double(c) * u) * std::exp(-radius2 / (4 + 20 * u)) + 0.1 * random.normal();
          im.flux[size_t(((i * 3 + c) * kSide + y) * kSide + x)] = float(flux);
        }
    for (int64_t k = 0; k < kLength; ++k) {
      const double wavelength = 4000 + 40 * double(k), line = 4200 + 3000 * u;
      sp.wavelength_angstrom[size_t(i * kLength + k)] = float(wavelength);
      sp.flux[size_t(i * kLength + k)] =
          float(3 + 8 * std::exp(-0.5 * std::pow((wavelength - line) / 60, 2)) + random.normal());
    }
  }
  batch.blocks["image_legacy"] = im;
  batch.blocks["spectrum_desi"] = sp;
  return batch;
}

// Takes an object's modality away, as an importer would leave it.
inline void remove(modalities::Batch& batch, const std::string& modality, int64_t row) {
  auto& block = batch.blocks.at(modality);
  const auto i = size_t(row);
  auto clear = [i](auto& values, auto value, int64_t n) {
    const size_t each = values.size() / size_t(n);
    std::fill(values.begin() + int64_t(i * each), values.begin() + int64_t((i + 1) * each), value);
  };
  if (auto* s = std::get_if<modalities::ScalarBlock>(&block)) {
    s->present[i] = 0;
    s->value[i] = s->error[i] = 0;
  } else if (auto* im = std::get_if<modalities::ImageBlock>(&block)) {
    im->present[i] = 0;
    clear(im->flux, 0.0f, im->n);
    clear(im->ivar, 0.0f, im->n);
    clear(im->mask, uint8_t{1}, im->n);
    clear(im->psf_fwhm_arcsec, 0.0f, im->n);
  } else {
    auto& sp = std::get<modalities::SpectrumBlock>(block);
    sp.present[i] = 0;
    clear(sp.flux, 0.0f, sp.n);
    clear(sp.ivar, 0.0f, sp.n);
    clear(sp.wavelength_angstrom, 0.0f, sp.n);
    clear(sp.mask, uint8_t{1}, sp.n);
  }
}

inline ModalitySettings scalar_settings(int64_t bins = 16) {
  ModalitySettings m;
  m.bins = bins;
  return m;
}

// Three scalars, 16 wide.
inline AnyToAnySettings scalar_model() {
  AnyToAnySettings s;
  s.width = 16;
  s.heads = 2;
  s.encoder_layers = s.decoder_layers = 1;
  s.fourier_features = 6;
  for (const char* name : {"flux_g", "flux_r", "redshift"}) s.modalities[name] = scalar_settings();
  return s;
}

// The same with image and spectrum.
inline AnyToAnySettings sky_model() {
  auto s = scalar_model();
  s.modalities["image_legacy"].kind = "image";
  s.modalities["image_legacy"].patch = 4;
  s.modalities["image_legacy"].bands = {"des-g", "des-r"};
  s.modalities["spectrum_desi"].kind = "spectrum";
  s.modalities["spectrum_desi"].patch = 12;
  s.mixture["all"].input_high = 24;
  s.mixture["all"].target_high = 16;
  return s;
}

// Untrained codecs of 16 and 9 tokens: random projections are codes enough for tests.
inline Codecs codecs(const modalities::Batch& batch) {
  tokenizers::ImageCodecSettings im;
  im.size = kSide;
  im.embed = 4;
  im.widths = {8, 8};
  im.depths = {1, 1};
  im.levels = {5, 3};
  tokenizers::SpectrumCodecSettings sp;
  sp.wavelength_low = 4000;
  sp.wavelength_high = 7800;
  sp.pixels = 64;
  sp.strides = {4, 2};
  sp.depths = {1, 1};
  sp.widths = {8, 8};
  sp.levels = {5, 3};
  sp.norm_bins = 12;
  Codecs out;
  out["image_legacy"] = std::make_shared<tokenizers::ImageCodec>(im, 1);
  out["spectrum_desi"] = std::make_shared<tokenizers::SpectrumCodec>(sp, 2);
  for (auto& [name, codec] : out) codec->fit(batch.blocks.at(name));
  return out;
}

inline ContrastiveSettings contrastive_model() {
  ContrastiveSettings s;
  s.width = 16;
  s.heads = 2;
  s.projection = 8;
  const auto sky = sky_model();
  s.modalities = sky.modalities;
  s.modalities.erase("redshift");
  for (const char* tower : {"image_legacy", "spectrum_desi"}) s.towers[tower] = {{tower}, 1};
  s.towers["scalars"] = {{"flux_g", "flux_r"}, 1};
  return s;
}

}  // namespace asterism::models::tiny
