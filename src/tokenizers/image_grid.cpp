#include "tokenizers/image_grid.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/noise_level.h"

namespace asterism::tokenizers {

namespace {

constexpr double kLongest = 1e13;  // Angstrom: a kilometre; radio images are images
constexpr double kNormLow = 1;     // log10 of the total signal-to-noise below which an image is as bright as its noise

double norm_step(const ImageGridSettings& s) { return (s.norm_high - kNormLow) / double(s.norm_bins); }

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void ImageGridSettings::describe(config::Fields& f) {
  f.add("unit", unit, "of the flux");
  f.add("size", size, "pixels a side; larger images are cropped about their centre, smaller ones padded with mask")
      .between(1, 4096);
  f.add("bands", bands, "names of the bands it is trained with; empty: those of the data");
  f.add("wavelengths_angstrom", wavelengths_angstrom, "of these bands; empty: from the data").between(0, kLongest);
  f.add("widths_angstrom", widths_angstrom, "of these bands; empty: from the data").between(0, kLongest);
  f.add("noise", noise, "of each band, in flux; where asinh is used, it turns logarithmic there; empty: from the data")
      .between(0, 1e30);
  f.add("left_out_bands", left_out_bands, "bands of the data that are not learned from, as if they were not there");
  f.add("norm_bins", norm_bins, "codes of a first token for the image's brightness beside its noise; 0: no such token")
      .between(0, 65536);
  f.add("norm_high", norm_high, "its highest log10; the lowest is 1").between(1.5, 12);
}

std::pair<const modalities::ImageBlock*, size_t> holder_of(const ImageBlocks& blocks, const std::string& band,
                                                           const std::string& reader) {
  for (const auto* b : blocks)
    for (size_t i = 0; i < b->bands.size(); ++i)
      if (b->bands[i].name == band) return {b, i};
  base::user_error("{}: the setting 'bands' names '{}', which the data lack.", reader, band);
}

void check_bands(const ImageGridSettings& s, const std::string& reader) {
  const size_t n = s.bands.size();
  for (size_t i = 0; i < n; ++i) {
    if (std::count(s.bands.begin(), s.bands.end(), s.bands[i]) > 1)
      base::user_error("{}: the setting 'bands' names '{}' twice.", reader, s.bands[i]);
    if (holds(s.left_out_bands, s.bands[i]))
      base::user_error("{}: band '{}' is both in 'bands' and in 'left_out_bands'.", reader, s.bands[i]);
  }
  const auto fits = [&](const std::vector<double>& list, const char* what) {
    if (!list.empty() && list.size() != n)
      base::user_error("{}: {} {} for {} bands; give one a band, or none.", reader, list.size(), what, n);
  };
  fits(s.wavelengths_angstrom, "wavelengths");
  fits(s.widths_angstrom, "widths");
  fits(s.noise, "levels of noise");
  for (const double noise : s.noise)
    if (!(noise > 0 && std::isfinite(noise)))
      base::user_error("{}: noise = {} is none; it must be > 0.", reader, noise);
}

void learn_bands(ImageGridSettings& s, const ImageBlocks& blocks, const std::string& reader) {
  if (s.bands.empty())
    for (const auto* b : blocks)
      for (const auto& band : b->bands)
        if (!holds(s.left_out_bands, band.name) && !holds(s.bands, band.name)) s.bands.push_back(band.name);
  const bool ask_wavelengths = s.wavelengths_angstrom.empty(), ask_widths = s.widths_angstrom.empty(),
             ask_noise = s.noise.empty();
  for (const auto& name : s.bands) {
    const auto [holder, place] = holder_of(blocks, name, reader);
    if (ask_wavelengths) s.wavelengths_angstrom.push_back(holder->bands[place].wavelength_angstrom);
    if (ask_widths) s.widths_angstrom.push_back(holder->bands[place].width_angstrom);
    if (ask_noise) s.noise.push_back(noise_level(*holder, int64_t(place)));
  }
}

GoodPixels good_pixels(const modalities::ImageBlock& b, const std::vector<int64_t>& planes, int64_t size) {
  const int64_t all = int64_t(b.bands.size());
  const auto of_planes = [&](const at::Tensor& x) {
    return int64_t(planes.size()) == all ? x : x.index_select(1, at::tensor(planes, at::kLong));
  };
  const std::vector<int64_t> shape{b.n, all, b.height, b.width};
  const auto flux = of_planes(wrap(b.flux, shape)), ivar = of_planes(wrap(b.ivar, shape));
  auto good = at::logical_and(of_planes(wrap(b.mask, shape)) == 0, at::logical_and(ivar > 0, at::isfinite(flux)));
  good = at::logical_and(good, at::isfinite(ivar));
  good = at::logical_and(good, wrap(b.present, {b.n}).to(at::kBool).view({b.n, 1, 1, 1}));
  GoodPixels out;
  out.n = b.n;
  const auto inside = crop_or_pad(good, size, size);
  out.rows_M = at::nonzero(inside.flatten(1).any(1)).squeeze(1);
  const bool whole = out.rows_M.size(0) == b.n;
  const auto chosen = [&](const at::Tensor& x) { return whole ? x : x.index_select(0, out.rows_M); };
  const auto zero = at::zeros({});
  out.ivar_MCHW = at::where(chosen(good), chosen(ivar), zero);
  out.good_MCSS = chosen(inside);
  out.flux_MCSS = at::where(out.good_MCSS, crop_or_pad(chosen(flux), size, size), zero);
  out.ivar_MCSS = crop_or_pad(out.ivar_MCHW, size, size);
  return out;
}

at::Tensor brightness_ids(const ImageGridSettings& settings, const at::Tensor& flux_MCSS, const at::Tensor& ivar_MCSS) {
  const auto good = ivar_MCSS.gt(0).flatten(1).sum(1);
  const auto signal = (flux_MCSS.square() * ivar_MCSS).flatten(1).sum(1) - good;
  const auto place = (at::log10(signal.clamp_min(1)) * 0.5 - kNormLow) / norm_step(settings);
  return place.floor().clamp(0, double(settings.norm_bins - 1)).to(at::kLong);
}

at::Tensor brightness_of(const ImageGridSettings& settings, const at::Tensor& ids) {
  return at::pow(10.0, (ids.to(at::kDouble) + 0.5) * norm_step(settings)).to(at::kFloat);
}

void check_brightness(const ImageGridSettings& settings, const at::Tensor& ids_NT, const std::string& reader) {
  if (settings.norm_bins == 0 || ids_NT.numel() == 0) return;
  if (const auto largest = ids_NT.select(1, 0).max().item<int64_t>(); largest >= settings.norm_bins)
    base::user_error("{}: token 0 is the brightness, 0..{}; {} is none.", reader, settings.norm_bins - 1, largest);
}

modalities::ImageBlock blank_images(const ImageGridSettings& settings, std::vector<modalities::Band> bands, int64_t n,
                                    const DecodeRequest& request, const std::string& reader) {
  if (request.height < 0 || request.width < 0)
    base::user_error("{}: images of {} x {} pixels.", reader, request.height, request.width);
  modalities::ImageBlock out;
  out.bands = std::move(bands);
  out.n = n;
  out.height = request.height > 0 ? request.height : settings.size;
  out.width = request.width > 0 ? request.width : settings.size;
  out.unit = settings.unit;
  out.pixel_scale_arcsec = request.pixel_scale_arcsec;
  out.psf_fwhm_arcsec.assign(size_t(n) * out.bands.size(), 0);
  return out;
}

void fill_images(modalities::ImageBlock& out, const ImageGridSettings& settings, const at::Tensor& present_N,
                 const at::Tensor& flux_NCHW) {
  const auto drawn = crop_or_pad(at::ones({1, 1, settings.size, settings.size}), out.height, out.width);
  const auto good = (drawn * present_N.view({out.n, 1, 1, 1})).expand_as(flux_NCHW);
  copy_into(out.present, present_N);
  copy_into(out.flux, flux_NCHW);
  copy_into(out.ivar, good);
  copy_into(out.mask, 1 - good);
}

}  // namespace asterism::tokenizers
