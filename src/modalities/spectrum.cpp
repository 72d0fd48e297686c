#include "modalities/spectrum.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "modalities/rows.h"

namespace asterism::modalities {
namespace {

void check_row(const std::string& name, const SpectrumBlock& block, int64_t row) {
  const size_t start = size_t(row) * size_t(block.length);
  double last = 0;
  bool padding = false;
  for (int64_t i = 0; i < block.length; ++i) {
    const float wavelength = block.wavelength_angstrom[start + i], flux = block.flux[start + i];
    const float ivar = block.ivar[start + i], lsf = block.lsf_sigma_angstrom[start + i];
    const uint8_t mask = block.mask[start + i];
    if (!(std::isfinite(flux) && std::isfinite(ivar) && ivar >= 0 && mask <= 1 && (mask == 0 || ivar == 0) &&
          std::isfinite(lsf) && lsf >= 0))
      base::data_error(
          "{}, row {}, pixel {}: flux {}, ivar {}, mask {}, lsf {}; all must be finite, ivar and lsf >= 0, ivar 0 "
          "where masked, "
          "mask 0 or 1",
          name, row, i, flux, ivar, mask, lsf);
    if (wavelength == 0) padding = true;
    if (padding ? wavelength != 0 : !(std::isfinite(wavelength) && wavelength > last))
      base::data_error(
          "{}, row {}, pixel {}: wavelength {} A after {} A; they must increase up to the padding of zeros", name, row,
          i, wavelength, last);
    if ((padding || !block.present[row]) && (mask != 1 || flux != 0))
      base::data_error(
          "{}, row {}, pixel {}: flux {} and mask {} in padding or in an absent spectrum; they must be 0 and 1", name,
          row, i, flux, mask);
    last = wavelength;
  }
}

}  // namespace

void check(const std::string& name, const SpectrumBlock& block) {
  if (block.n < 0 || block.length < 0)
    base::data_error("{}: {} spectra of {} pixels; sizes cannot be negative", name, block.n, block.length);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "wavelength_angstrom", block.wavelength_angstrom.size(), block.n, block.length);
  check_size(name, "flux", block.flux.size(), block.n, block.length);
  check_size(name, "ivar", block.ivar.size(), block.n, block.length);
  check_size(name, "mask", block.mask.size(), block.n, block.length);
  check_size(name, "lsf_sigma_angstrom", block.lsf_sigma_angstrom.size(), block.n, block.length);
  check_present(name, block.present);
  for (int64_t row = 0; row < block.n; ++row) check_row(name, block, row);
}

SpectrumBlock make_spectra(int64_t n, int64_t length, std::string unit) {
  SpectrumBlock block;
  block.n = n;
  block.length = length;
  block.unit = std::move(unit);
  const size_t size = size_t(n) * size_t(length);
  block.present.assign(size_t(n), 0);
  block.wavelength_angstrom.assign(size, 0);
  block.flux.assign(size, 0);
  block.ivar.assign(size, 0);
  block.mask.assign(size, 1);
  block.lsf_sigma_angstrom.assign(size, 0);
  return block;
}

SpectrumBlock absent_like(const SpectrumBlock& block, int64_t n) { return make_spectra(n, block.length, block.unit); }

SpectrumBlock select(const SpectrumBlock& block, const std::vector<int64_t>& rows) {
  SpectrumBlock out;
  out.n = int64_t(rows.size());
  out.length = block.length;
  out.unit = block.unit;
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.wavelength_angstrom, rows, block.n, block.length, out.wavelength_angstrom);
  take_rows(block.flux, rows, block.n, block.length, out.flux);
  take_rows(block.ivar, rows, block.n, block.length, out.ivar);
  take_rows(block.mask, rows, block.n, block.length, out.mask);
  take_rows(block.lsf_sigma_angstrom, rows, block.n, block.length, out.lsf_sigma_angstrom);
  return out;
}

SpectrumBlock concatenate(const std::vector<const SpectrumBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  SpectrumBlock out;
  out.unit = blocks.front()->unit;
  for (const SpectrumBlock* block : blocks) {
    if (block->unit != out.unit)
      base::data_error("spectra in '{}' cannot be joined to spectra in '{}'", block->unit, out.unit);
    out.length = std::max(out.length, block->length);
  }
  for (const SpectrumBlock* block : blocks) {
    out.n += block->n;
    append_rows(block->present, out.present);
    append_padded(block->wavelength_angstrom, block->n, block->length, out.length, 0.0f, out.wavelength_angstrom);
    append_padded(block->flux, block->n, block->length, out.length, 0.0f, out.flux);
    append_padded(block->ivar, block->n, block->length, out.length, 0.0f, out.ivar);
    append_padded(block->mask, block->n, block->length, out.length, uint8_t(1), out.mask);
    append_padded(block->lsf_sigma_angstrom, block->n, block->length, out.length, 0.0f, out.lsf_sigma_angstrom);
  }
  return out;
}

}  // namespace asterism::modalities
