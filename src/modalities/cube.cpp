#include "modalities/cube.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "modalities/image.h"
#include "modalities/rows.h"
#include "modalities/spectrum.h"

namespace asterism::modalities {
namespace {

int64_t plane_of(const CubeBlock& block) { return block.height * block.width; }

// Wavelengths and line spread of one cube; gives the number of planes before the padding.
int64_t check_grid(const std::string& name, const CubeBlock& block, int64_t row) {
  int64_t used = block.length;
  double last = 0;
  for (int64_t k = 0; k < block.length; ++k) {
    const float wavelength = block.wavelength_angstrom[size_t(row * block.length + k)];
    const float lsf = block.lsf_sigma_angstrom[size_t(row * block.length + k)];
    if (wavelength == 0) used = std::min(used, k);
    const bool in_order = used <= k ? wavelength == 0 : std::isfinite(wavelength) && double(wavelength) > last;
    if (!in_order || !std::isfinite(lsf) || lsf < 0)
      base::data_error(
          "{}, row {}, plane {}: wavelength {} A after {} A, lsf {}; wavelengths must increase up to the padding of "
          "zeros, lsf must be >= 0",
          name, row, k, wavelength, last, lsf);
    last = double(wavelength);
  }
  return used;
}

void check_row(const std::string& name, const CubeBlock& block, int64_t row) {
  const int64_t used = check_grid(name, block, row), plane = plane_of(block);
  const bool present = block.present[size_t(row)] != 0;
  for (int64_t i = 0; i < block.length * plane; ++i) {
    const size_t at = size_t(row * block.length * plane + i);
    const float flux = block.flux[at], ivar = block.ivar[at];
    const uint8_t mask = block.mask[at];
    const bool empty = !present || i / plane >= used;
    if (std::isfinite(flux) && std::isfinite(ivar) && ivar >= 0 && mask <= 1 && (mask == 0 || ivar == 0) &&
        (!empty || (mask == 1 && flux == 0)))
      continue;
    base::data_error(
        "{}, row {}, plane {}, pixel ({}, {}): flux {}, ivar {}, mask {}, present {}; flux and ivar must be finite, "
        "ivar >= 0 and 0 where masked, mask 0 or 1, and padding and absent cubes all zero and masked",
        name, row, i / plane, i % plane / block.width, i % block.width, flux, ivar, mask, block.present[size_t(row)]);
  }
}

}  // namespace

void check(const std::string& name, const CubeBlock& block) {
  if (block.n < 0 || block.length < 0 || block.height < 0 || block.width < 0)
    base::data_error("{}: {} cubes of {} x {} x {} pixels; sizes cannot be negative", name, block.n, block.length,
                     block.height, block.width);
  const int64_t size = block.length * plane_of(block);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "wavelength_angstrom", block.wavelength_angstrom.size(), block.n, block.length);
  check_size(name, "lsf_sigma_angstrom", block.lsf_sigma_angstrom.size(), block.n, block.length);
  check_size(name, "flux", block.flux.size(), block.n, size);
  check_size(name, "ivar", block.ivar.size(), block.n, size);
  check_size(name, "mask", block.mask.size(), block.n, size);
  check_present(name, block.present);
  if (!(block.pixel_scale_arcsec >= 0) || !std::isfinite(block.pixel_scale_arcsec))
    base::data_error("{}: pixel scale {} arcsec; it must be positive, or 0 where unknown", name,
                     block.pixel_scale_arcsec);
  for (int64_t row = 0; row < block.n; ++row) check_row(name, block, row);
}

CubeBlock make_cubes(int64_t n, int64_t length, int64_t height, int64_t width, std::string unit,
                     double pixel_scale_arcsec) {
  CubeBlock block;
  block.n = n;
  block.length = length;
  block.height = height;
  block.width = width;
  block.unit = std::move(unit);
  block.pixel_scale_arcsec = pixel_scale_arcsec;
  const size_t size = size_t(n) * size_t(length) * size_t(height) * size_t(width);
  block.present.assign(size_t(n), 0);
  block.wavelength_angstrom.assign(size_t(n * length), 0);
  block.lsf_sigma_angstrom.assign(size_t(n * length), 0);
  block.flux.assign(size, 0);
  block.ivar.assign(size, 0);
  block.mask.assign(size, 1);
  return block;
}

CubeBlock absent_like(const CubeBlock& block, int64_t n) {
  return make_cubes(n, block.length, block.height, block.width, block.unit, block.pixel_scale_arcsec);
}

CubeBlock centred(const CubeBlock& block, int64_t height, int64_t width) {
  ASTERISM_CHECK(height >= block.height && width >= block.width, "{} x {} pixels", height, width);
  CubeBlock out = make_cubes(block.n, block.length, height, width, block.unit, block.pixel_scale_arcsec);
  out.present = block.present;
  out.wavelength_angstrom = block.wavelength_angstrom;
  out.lsf_sigma_angstrom = block.lsf_sigma_angstrom;
  const int64_t top = (height - block.height) / 2, left = (width - block.width) / 2;
  for (int64_t line = 0; line < block.n * block.length * block.height; ++line) {
    const int64_t plane = line / block.height, y = line % block.height;
    const int64_t from = line * block.width, to = (plane * height + top + y) * width + left;
    std::copy_n(block.flux.begin() + from, block.width, out.flux.begin() + to);
    std::copy_n(block.ivar.begin() + from, block.width, out.ivar.begin() + to);
    std::copy_n(block.mask.begin() + from, block.width, out.mask.begin() + to);
  }
  return out;
}

CubeBlock select(const CubeBlock& block, const std::vector<int64_t>& rows) {
  CubeBlock out = absent_like(block, 0);
  out.n = int64_t(rows.size());
  const int64_t size = block.length * plane_of(block);
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.wavelength_angstrom, rows, block.n, block.length, out.wavelength_angstrom);
  take_rows(block.lsf_sigma_angstrom, rows, block.n, block.length, out.lsf_sigma_angstrom);
  take_rows(block.flux, rows, block.n, size, out.flux);
  take_rows(block.ivar, rows, block.n, size, out.ivar);
  take_rows(block.mask, rows, block.n, size, out.mask);
  return out;
}

CubeBlock concatenate(const std::vector<const CubeBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  const CubeBlock& first = *blocks.front();
  CubeBlock out = absent_like(first, 0);
  for (const CubeBlock* block : blocks) {
    if (block->height != first.height || block->width != first.width || block->unit != first.unit ||
        block->pixel_scale_arcsec != first.pixel_scale_arcsec)
      base::data_error(
          "cubes of {} x {} pixels of {} arcsec in '{}' cannot be joined to cubes of {} x {} pixels of {} arcsec in "
          "'{}'",
          block->height, block->width, block->pixel_scale_arcsec, block->unit, first.height, first.width,
          first.pixel_scale_arcsec, first.unit);
    out.length = std::max(out.length, block->length);
  }
  const int64_t plane = plane_of(first);
  for (const CubeBlock* block : blocks) {
    const int64_t n = block->n, from = block->length, to = out.length;
    out.n += n;
    append_rows(block->present, out.present);
    append_padded(block->wavelength_angstrom, n, from, to, 0.0f, out.wavelength_angstrom);
    append_padded(block->lsf_sigma_angstrom, n, from, to, 0.0f, out.lsf_sigma_angstrom);
    append_padded(block->flux, n, from * plane, to * plane, 0.0f, out.flux);
    append_padded(block->ivar, n, from * plane, to * plane, 0.0f, out.ivar);
    append_padded(block->mask, n, from * plane, to * plane, uint8_t{1}, out.mask);
  }
  return out;
}

SpectrumBlock spectra_at(const CubeBlock& block, int64_t y, int64_t x) {
  ASTERISM_CHECK(y >= 0 && y < block.height && x >= 0 && x < block.width, "pixel ({}, {})", y, x);
  SpectrumBlock out = make_spectra(block.n, block.length, block.unit);
  out.present = block.present;
  out.wavelength_angstrom = block.wavelength_angstrom;
  out.lsf_sigma_angstrom = block.lsf_sigma_angstrom;
  for (int64_t i = 0; i < block.n * block.length; ++i) {
    const size_t at = size_t(i * plane_of(block) + y * block.width + x);
    out.flux[size_t(i)] = block.flux[at];
    out.ivar[size_t(i)] = block.ivar[at];
    out.mask[size_t(i)] = block.mask[at];
  }
  return out;
}

ImageBlock collapsed(const CubeBlock& block) {
  ImageBlock out =
      make_images(block.n, {{"mean", 0, 0}}, block.height, block.width, block.unit, block.pixel_scale_arcsec, false);
  out.present = block.present;
  const int64_t plane = plane_of(block);
  for (int64_t row = 0; row < block.n; ++row) {
    for (int64_t p = 0; p < plane; ++p) {
      double sum = 0;
      int64_t good = 0;
      for (int64_t k = 0; k < block.length; ++k) {
        const size_t at = size_t((row * block.length + k) * plane + p);
        if (block.mask[at] != 0) continue;
        sum += double(block.flux[at]);
        ++good;
      }
      const size_t to = size_t(row * plane + p);
      out.flux[to] = good > 0 ? float(sum / double(good)) : 0;
      out.mask[to] = good == 0;
      out.ivar[to] = good > 0 ? 1 : 0;
    }
  }
  return out;
}

}  // namespace asterism::modalities
