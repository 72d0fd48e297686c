#pragma once
// What SDSS, BOSS and eBOSS `spec` files have in common: the coadded spectrum and the row of the spectroscopic
// catalogue.

#include <optional>
#include <string>
#include <vector>

#include "io/fits.h"
#include "modalities/block.h"

namespace asterism::data {

// One spectrum (a block of one row) out of the columns flux, loglam, ivar, and_mask, wdisp: wavelength 10^loglam;
// masked where and_mask is not 0 or the inverse variance is not positive, as Multimodal Universe has it; line spread
// wdisp pixels of 1e-4 dex. Bits 0 to 15 of and_mask are warnings about the whole fibre (SPPIXMASK): where they would
// mask every pixel, they are left aside and the bits of single pixels decide. DataError naming the file for a spectrum
// without a good pixel even so, and for wavelengths that do not increase or are no number.
modalities::SpectrumBlock read_sdss_spectrum(const io::FitsHdu& coadd, const std::string& file);

// DataError naming the file where the primary header says (BUNIT) that fluxes are in another unit than 1e-17 erg/s/cm^2
// per Angstrom. A header that says nothing passes: the data model fixes the unit.
void check_flux_unit(const io::FitsHdu& primary, const std::string& file);

struct SdssCatalogueRow {
  std::string id;  // "plate-mjd-fiber", as in the file names
  double ra_deg = 0, dec_deg = 0;
  std::optional<double> redshift, redshift_error, sn_median;
  int64_t zwarning = 0;
  std::optional<int> object_class;  // 0 galaxy, 1 star, 2 quasar
  std::string subclass;
};

// The one row of the catalogue HDU. DataError for a missing column, no or several rows, or a position that is none.
SdssCatalogueRow read_sdss_row(const io::FitsHdu& catalogue, const std::string& file);

// Five values u g r i z of a catalogue column with their inverse variances: nullopt where not measured; {} when the
// file has no such column.
struct FluxAndError {
  double flux = 0, error = 0;
};
std::vector<std::optional<FluxAndError>> read_sdss_fluxes(const io::FitsHdu& catalogue, const std::string& column);

// Adds a one-row scalar to a batch of one object.
void add_scalar(modalities::Batch& batch, const std::string& name, std::optional<double> value);
void add_scalar(modalities::Batch& batch, const std::string& name, const std::string& unit,
                std::optional<FluxAndError> value);

}  // namespace asterism::data
