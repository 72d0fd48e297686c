#pragma once
// Spectra of any instrument beside a table (mapping.h), one an object:
//
//   [spectra.spectrum_mine]              # the modality
//   file = "spectra/{id}.fits[COADD]"    # file_pattern.h; from the table's folder, or from `folder`
//   wavelength = "loglam"                # column; log10_wavelength, wavelength_unit and medium say how it is meant
//   log10_wavelength = true
//   flux = "flux"
//   ivar = "ivar"                        # or `error`, or `variance`
//   mask = "and_mask"                    # not 0, or one of bad_bits: do not use
//   unit = "1e-17 erg/s/cm^2/Angstrom"   # where the file does not say it
//   resolving_power = 1850               # wavelength over full width at half maximum; or lsf = "...", a column of
//   sigmas
//
// The file is a FITS table with a row a pixel, one with a row an object (`row` says which), or any table in CSV, ECSV,
// VOTable or Parquet with a row a pixel. Without `flux` it is a FITS image of one axis, or of two and `row`: then
// `ivar` and the like name HDUs of their own, and so does `wavelength`, or the header gives the wavelengths (CRVAL1,
// CDELT1; DC-FLAG or log10_wavelength).
//
// Wavelengths come out in Angstrom, in vacuum, from the shortest on; flux densities a frequency (Jy) become such a
// wavelength. Units that are no flux density stay as they are, and what has none is in counts.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "data/surveys/file_pattern.h"
#include "data/surveys/pixel_noise.h"
#include "modalities/block.h"

namespace asterism::data {

struct MappedSpectrum : NoiseWords {
  std::string folder, file, row;
  std::string wavelength, wavelength_unit, medium = "vacuum";
  bool log10_wavelength = false;
  std::string flux, lsf;
  std::string unit, to, description;
  double resolving_power = 0;  // 0: not known
  bool optional = false;       // objects may lack the file
  void describe(config::Fields& f);
};

class SpectrumReader {
 public:
  // UserError for settings that cannot work. `mapping_folder`: what `folder` is relative to.
  SpectrumReader(const std::string& modality, const MappedSpectrum& settings,
                 const std::filesystem::path& mapping_folder);
  ~SpectrumReader();
  SpectrumReader(SpectrumReader&&) noexcept;

  std::vector<std::string> columns() const;  // of the table, that the patterns name
  // One spectrum, present; nothing where the object has none. DataError: the row is bad.
  std::optional<modalities::SpectrumBlock> read(const RowText& text, const std::filesystem::path& table_folder);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::data
