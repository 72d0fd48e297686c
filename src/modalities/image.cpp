#include "modalities/image.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/rows.h"

namespace asterism::modalities {
namespace {

int64_t pixels_of(const ImageBlock& block) { return int64_t(block.bands.size()) * block.height * block.width; }

void check_pixel(const std::string& name, const ImageBlock& block, int64_t row, int64_t i) {
  const float flux = block.flux[i], ivar = block.ivar[i];
  const uint8_t mask = block.mask[i];
  const bool good = std::isfinite(flux) && std::isfinite(ivar) && ivar >= 0 && mask <= 1 && (mask == 0 || ivar == 0) &&
                    (block.present[row] || (mask == 1 && flux == 0));
  if (good) return;
  const int64_t in_band = i % (block.height * block.width);
  base::data_error(
      "{}, row {}, band {}, pixel ({}, {}): flux {}, ivar {}, mask {}, present {}; flux and ivar must be finite, ivar "
      ">= 0 "
      "and 0 where masked, mask 0 or 1, and an absent image all zero and masked",
      name, row, block.bands[(i / (block.height * block.width)) % int64_t(block.bands.size())].name,
      in_band / block.width, in_band % block.width, flux, ivar, mask, block.present[row]);
}

}  // namespace

void check(const std::string& name, const ImageBlock& block) {
  const int64_t channels = int64_t(block.bands.size());
  if (block.n < 0 || block.height < 0 || block.width < 0)
    base::data_error("{}: {} images of {} x {} pixels; sizes cannot be negative", name, block.n, block.height,
                     block.width);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "flux", block.flux.size(), block.n, pixels_of(block));
  check_size(name, "ivar", block.ivar.size(), block.n, pixels_of(block));
  check_size(name, "mask", block.mask.size(), block.n, pixels_of(block));
  check_size(name, "psf_fwhm_arcsec", block.psf_fwhm_arcsec.size(), block.n, channels);
  check_present(name, block.present);
  if (!(block.pixel_scale_arcsec >= 0) || !std::isfinite(block.pixel_scale_arcsec))
    base::data_error("{}: pixel scale {} arcsec; it must be positive, or 0 where unknown", name,
                     block.pixel_scale_arcsec);
  for (const Band& band : block.bands)
    if (!(band.wavelength_angstrom >= 0 && std::isfinite(band.wavelength_angstrom) && band.width_angstrom >= 0 &&
          std::isfinite(band.width_angstrom)))
      base::data_error("{}, band {}: wavelength {} A, width {} A; they must be positive, or 0 where unknown", name,
                       band.name, band.wavelength_angstrom, band.width_angstrom);
  for (size_t i = 0; i < block.psf_fwhm_arcsec.size(); ++i)
    if (!(block.psf_fwhm_arcsec[i] >= 0 && std::isfinite(block.psf_fwhm_arcsec[i])))
      base::data_error("{}, row {}: PSF of {} arcsec; it must be positive, or 0 where unknown", name,
                       int64_t(i) / channels, block.psf_fwhm_arcsec[i]);
  const int64_t size = pixels_of(block);
  for (int64_t row = 0; row < block.n; ++row)
    for (int64_t i = row * size; i < (row + 1) * size; ++i) check_pixel(name, block, row, i);
}

ImageBlock make_images(int64_t n, std::vector<Band> bands, int64_t height, int64_t width, std::string unit,
                       double pixel_scale_arcsec, bool has_ivar) {
  ImageBlock block;
  block.n = n;
  block.height = height;
  block.width = width;
  block.bands = std::move(bands);
  block.unit = std::move(unit);
  block.pixel_scale_arcsec = pixel_scale_arcsec;
  block.has_ivar = has_ivar;
  const size_t size = size_t(n) * size_t(pixels_of(block));
  block.present.assign(size_t(n), 0);
  block.flux.assign(size, 0);
  block.ivar.assign(size, 0);
  block.mask.assign(size, 1);
  block.psf_fwhm_arcsec.assign(size_t(n) * block.bands.size(), 0);
  return block;
}

ImageBlock absent_like(const ImageBlock& block, int64_t n) {
  return make_images(n, block.bands, block.height, block.width, block.unit, block.pixel_scale_arcsec, block.has_ivar);
}

ImageBlock select(const ImageBlock& block, const std::vector<int64_t>& rows) {
  ImageBlock out;
  out.n = int64_t(rows.size());
  out.height = block.height;
  out.width = block.width;
  out.bands = block.bands;
  out.unit = block.unit;
  out.pixel_scale_arcsec = block.pixel_scale_arcsec;
  out.has_ivar = block.has_ivar;
  const int64_t size = pixels_of(block), channels = int64_t(block.bands.size());
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.flux, rows, block.n, size, out.flux);
  take_rows(block.ivar, rows, block.n, size, out.ivar);
  take_rows(block.mask, rows, block.n, size, out.mask);
  take_rows(block.psf_fwhm_arcsec, rows, block.n, channels, out.psf_fwhm_arcsec);
  return out;
}

ImageBlock concatenate(const std::vector<const ImageBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  const ImageBlock& first = *blocks.front();
  ImageBlock out = absent_like(first, 0);
  for (const ImageBlock* block : blocks) {
    if (block->bands != first.bands)
      base::data_error("images of {} bands beginning with {} cannot be joined to images of {} bands beginning with {}",
                       block->bands.size(), block->bands.empty() ? "none" : block->bands[0].name, first.bands.size(),
                       first.bands.empty() ? "none" : first.bands[0].name);
    if (block->height != first.height || block->width != first.width)
      base::data_error("images of {} x {} pixels cannot be joined to images of {} x {}", block->height, block->width,
                       first.height, first.width);
    if (block->pixel_scale_arcsec != first.pixel_scale_arcsec)
      base::data_error("images of {} arcsec per pixel cannot be joined to images of {}", block->pixel_scale_arcsec,
                       first.pixel_scale_arcsec);
    if (block->unit != first.unit)
      base::data_error("images in '{}' cannot be joined to images in '{}'", block->unit, first.unit);
    out.n += block->n;
    out.has_ivar = out.has_ivar || block->has_ivar;
    append_rows(block->present, out.present);
    append_rows(block->flux, out.flux);
    append_rows(block->ivar, out.ivar);
    append_rows(block->mask, out.mask);
    append_rows(block->psf_fwhm_arcsec, out.psf_fwhm_arcsec);
  }
  return out;
}

ImageBlock binned(const ImageBlock& block, int64_t by) {
  const int64_t height = by < 1 ? 0 : block.height / by, width = by < 1 ? 0 : block.width / by;
  if (height < 1 || width < 1)
    base::user_error("images of {} x {} pixels cannot be joined {} by {}", block.height, block.width, by, by);
  auto out = make_images(block.n, block.bands, height, width, block.unit, block.pixel_scale_arcsec * double(by),
                         block.has_ivar);
  out.present = block.present;
  out.psf_fwhm_arcsec = block.psf_fwhm_arcsec;
  const int64_t planes = block.n * int64_t(block.bands.size());
  for (int64_t p = 0; p < planes; ++p)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) {
        double flux = 0, variance = 0;
        bool good = true;
        for (int64_t k = 0; k < by * by; ++k) {
          const auto at = size_t((p * block.height + y * by + k / by) * block.width + x * by + k % by);
          good = good && block.mask[at] == 0 && block.ivar[at] > 0;
          if (!good) break;
          flux += block.flux[at];
          variance += 1 / double(block.ivar[at]);
        }
        if (!good) continue;
        const auto to = size_t((p * height + y) * width + x);
        out.flux[to] = float(flux);
        out.ivar[to] = block.has_ivar ? float(1 / variance) : 1.0f;
        out.mask[to] = 0;
      }
  return out;
}

ImageBlock cut_images(const ImageBlock& block, int64_t top, int64_t left, int64_t height, int64_t width) {
  ASTERISM_CHECK(
      top >= 0 && left >= 0 && height >= 0 && width >= 0 && top + height <= block.height && left + width <= block.width,
      "{} x {} pixels from ({}, {}) of {} x {}", height, width, top, left, block.height, block.width);
  auto out = make_images(block.n, block.bands, height, width, block.unit, block.pixel_scale_arcsec, block.has_ivar);
  out.present = block.present;
  out.psf_fwhm_arcsec = block.psf_fwhm_arcsec;
  const int64_t planes = block.n * int64_t(block.bands.size());
  for (int64_t row = 0; row < planes * height; ++row) {
    const int64_t from = ((row / height) * block.height + top + row % height) * block.width + left;
    std::copy_n(block.flux.begin() + from, width, out.flux.begin() + row * width);
    std::copy_n(block.ivar.begin() + from, width, out.ivar.begin() + row * width);
    std::copy_n(block.mask.begin() + from, width, out.mask.begin() + row * width);
  }
  return out;
}

}  // namespace asterism::modalities
