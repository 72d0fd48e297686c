#pragma once
// The columns of one spectrum out of whatever file holds it: what mapped_spectrum.h makes a block of.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/surveys/spectral_axis.h"

namespace asterism::data {

struct SpectrumColumn {
  std::vector<double> values;  // NaN: no number there
  std::string unit;            // "" where the file does not say it
  bool empty() const { return values.empty(); }
};

// Names of columns; "" for what is not there. `row`: of a table with a row an object, and of an image with two axes.
struct SpectrumNames {
  std::string wavelength, flux, uncertainty, mask, lsf;
  std::optional<int64_t> row;
};

struct SpectrumColumns {
  SpectralAxis wavelength;
  SpectrumColumn flux, uncertainty, lsf;
  std::vector<int64_t> mask;  // {}: none
  std::string where;          // file and HDU, for messages
};

// Out of a FITS table, or of a table in another format. DataError naming file, HDU and column.
SpectrumColumns read_spectrum_table(const std::filesystem::path& path, const std::string& hdu,
                                    const SpectrumNames& names);

// Out of FITS images; names are those of HDUs ("" for the wavelength: as the header of the fluxes says). DataError as
// above.
SpectrumColumns read_spectrum_image(const std::filesystem::path& path, const std::string& hdu,
                                    const SpectrumNames& names);

}  // namespace asterism::data
