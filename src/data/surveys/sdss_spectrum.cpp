#include "data/surveys/sdss_spectrum.h"

#include <cctype>
#include <cmath>

#include "astro/sphere.h"
#include "base/error.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"

namespace asterism::data {
namespace {

constexpr int64_t kMostPixels = 100000;
constexpr double kPixelDex = 1e-4;

std::optional<double> finite(const io::FitsValues<double>& values) {
  return values.values.size() == 1 && values.valid[0] != 0 && std::isfinite(values.values[0])
             ? std::optional(values.values[0])
             : std::nullopt;
}

std::optional<double> optional_number(const io::FitsHdu& hdu, const std::string& column) {
  return hdu.find_column(column) != nullptr ? finite(hdu.column<double>(column)) : std::nullopt;
}

constexpr int64_t kAllBits = 0xffffffff, kPixelBits = 0xffff0000;  // of SPPIXMASK

// Inverse variance and mask of a spectrum; the number of good pixels.
int64_t mask_pixels(const io::FitsValues<float>& flux, const io::FitsValues<float>& ivar,
                    const io::FitsValues<int64_t>& mask, int64_t bits, modalities::SpectrumBlock& block) {
  int64_t good_pixels = 0;
  for (size_t i = 0; i < flux.values.size(); ++i) {
    const bool good = flux.valid[i] != 0 && std::isfinite(flux.values[i]) && ivar.valid[i] != 0 &&
                      std::isfinite(ivar.values[i]) && ivar.values[i] > 0 && (mask.values[i] & bits) == 0;
    block.ivar[i] = good ? ivar.values[i] : 0;
    block.mask[i] = !good;
    good_pixels += good;
  }
  return good_pixels;
}

int64_t whole_number(const io::FitsHdu& hdu, const std::string& column, const std::string& file) {
  const auto found = hdu.column<int64_t>(column);
  if (found.values.size() != 1 || found.valid[0] == 0)
    base::data_error("{}, HDU {}, column {}: no whole number", file, hdu.index(), column);
  return found.values[0];
}

}  // namespace

modalities::SpectrumBlock read_sdss_spectrum(const io::FitsHdu& coadd, const std::string& file) {
  const int64_t n = coadd.num_rows();
  if (n < 1 || n > kMostPixels)
    base::data_error("{}, HDU {}: a spectrum of {} pixels; 1 to {} are allowed: take the file out of the input", file,
                     coadd.index(), n, kMostPixels);
  const auto flux = coadd.column<float>("flux"), ivar = coadd.column<float>("ivar");
  const auto loglam = coadd.column<double>("loglam");
  const auto mask = coadd.column<int64_t>("and_mask");
  const bool has_wdisp = coadd.find_column("wdisp") != nullptr;
  const auto wdisp = has_wdisp ? coadd.column<float>("wdisp") : io::FitsValues<float>{};
  for (const size_t size : {flux.values.size(), ivar.values.size(), loglam.values.size(), mask.values.size(),
                            has_wdisp ? wdisp.values.size() : size_t(n)}) {
    if (size != size_t(n))
      base::data_error("{}, HDU {}: a column with {} values in {} rows", file, coadd.index(), size, n);
  }
  auto block = modalities::make_spectra(1, n, "1e-17 erg/s/cm^2/Angstrom");
  block.present[0] = 1;
  for (size_t i = 0; i < size_t(n); ++i) {
    const double wavelength = std::pow(10.0, loglam.values[i]);
    if (loglam.valid[i] == 0 || !(wavelength > 1000 && wavelength < 100000))
      base::data_error("{}, HDU {}, row {}: loglam {}; log10 of Angstrom between 3 and 5 is allowed", file,
                       coadd.index(), i, loglam.values[i]);
    block.wavelength_angstrom[i] = float(wavelength);
    if (i > 0 && !(block.wavelength_angstrom[i] > block.wavelength_angstrom[i - 1]))
      base::data_error("{}, HDU {}, row {}: loglam does not increase", file, coadd.index(), i);
    block.flux[i] = std::isfinite(flux.values[i]) ? flux.values[i] : 0;
    if (has_wdisp && wdisp.values[i] > 0 && std::isfinite(wdisp.values[i]))
      block.lsf_sigma_angstrom[i] = float(double(wdisp.values[i]) * wavelength * kPixelDex * std::log(10.0));
  }
  if (mask_pixels(flux, ivar, mask, kAllBits, block) == 0 && mask_pixels(flux, ivar, mask, kPixelBits, block) == 0)
    base::data_error("{}, HDU {}: not one good pixel; take the file out of the input", file, coadd.index());
  return block;
}

void check_flux_unit(const io::FitsHdu& primary, const std::string& file) {
  const auto unit = primary.text("BUNIT");
  if (!unit) return;
  std::string plain;
  for (const char c : *unit) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) plain += char(std::tolower(static_cast<unsigned char>(c)));
  }
  if (plain.ends_with("angstrom")) plain.resize(plain.size() - 5);
  if (plain != "1e-17erg/cm^2/s/ang" && plain != "1e-17erg/s/cm^2/ang")
    base::data_error("{}: fluxes in '{}' (BUNIT); 1e-17 erg/s/cm^2/Ang is read: convert flux, ivar and BUNIT", file,
                     *unit);
}

SdssCatalogueRow read_sdss_row(const io::FitsHdu& catalogue, const std::string& file) {
  if (catalogue.num_rows() != 1)
    base::data_error("{}, HDU {}: {} rows; a spec file has one", file, catalogue.index(), catalogue.num_rows());
  SdssCatalogueRow row;
  row.id = fmt::format("{}-{}-{:04}", whole_number(catalogue, "PLATE", file), whole_number(catalogue, "MJD", file),
                       whole_number(catalogue, "FIBERID", file));
  const auto ra = finite(catalogue.column<double>("PLUG_RA")), dec = finite(catalogue.column<double>("PLUG_DEC"));
  if (!ra || !dec || *ra < 0 || *ra > 360 || std::abs(*dec) > 90)
    base::data_error("{}, HDU {}: PLUG_RA, PLUG_DEC are no position; download the file again", file, catalogue.index());
  row.ra_deg = astro::wrap_ra(*ra);
  row.dec_deg = *dec;
  row.zwarning = whole_number(catalogue, "ZWARNING", file);
  row.redshift = finite(catalogue.column<double>("Z"));
  row.redshift_error = optional_number(catalogue, "Z_ERR");
  row.sn_median = optional_number(catalogue, "SN_MEDIAN_ALL");
  const std::string name = catalogue.text_column("CLASS").at(0);
  if (name == "GALAXY") row.object_class = 0;
  if (name == "STAR") row.object_class = 1;
  if (name == "QSO") row.object_class = 2;
  if (catalogue.find_column("SUBCLASS") != nullptr) row.subclass = catalogue.text_column("SUBCLASS").at(0);
  return row;
}

std::vector<std::optional<FluxAndError>> read_sdss_fluxes(const io::FitsHdu& catalogue, const std::string& column) {
  if (catalogue.find_column(column) == nullptr || catalogue.find_column(column + "_IVAR") == nullptr) return {};
  const auto flux = catalogue.column<double>(column), ivar = catalogue.column<double>(column + "_IVAR");
  if (flux.values.size() != 5 || ivar.values.size() != 5) return {};
  std::vector<std::optional<FluxAndError>> out(5);
  for (size_t b = 0; b < 5; ++b) {
    const bool good = flux.valid[b] != 0 && ivar.valid[b] != 0 && std::isfinite(flux.values[b]) &&
                      std::isfinite(ivar.values[b]) && ivar.values[b] > 0;
    if (good) out[b] = FluxAndError{flux.values[b], 1 / std::sqrt(ivar.values[b])};
  }
  return out;
}

void add_scalar(modalities::Batch& batch, const std::string& name, std::optional<double> value) {
  auto block = modalities::make_scalars(1, "", false);
  block.present[0] = value.has_value();
  block.value[0] = value.value_or(0);
  batch.blocks.emplace(name, std::move(block));
}

void add_scalar(modalities::Batch& batch, const std::string& name, const std::string& unit,
                std::optional<FluxAndError> value) {
  auto block = modalities::make_scalars(1, unit, true);
  block.present[0] = value.has_value();
  if (value) {
    block.value[0] = value->flux;
    block.error[0] = value->error;
  }
  batch.blocks.emplace(name, std::move(block));
}

}  // namespace asterism::data
