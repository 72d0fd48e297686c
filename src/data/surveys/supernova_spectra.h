#pragma once
// spectra.npz and spectra_index.csv: spectrum i is the slice offset[i] to offset[i + 1] of the arrays wave and flux
// (erg/s/cm^2/Angstrom, observed frame), and row i of the index.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/surveys/text_table.h"
#include "modalities/block.h"

namespace asterism::data {

class SupernovaSpectra {
 public:
  // DataError where the arrays and the index do not belong together.
  explicit SupernovaSpectra(const std::filesystem::path& folder);

  int64_t num_rows() const { return index_.num_rows(); }
  std::string name(int64_t row) const { return index_.text(row, "name"); }
  std::optional<double> mjd(int64_t row) const { return index_.number(row, "mjd"); }

  // DataError for a spectrum that cannot be used: wavelengths that are not positive, another unit, no usable pixel.
  void check_row(int64_t row) const;
  // One spectrum a row, absent for -1, in 1e-17 erg/s/cm^2/Angstrom; ivar 1 where usable (no uncertainty is published).
  modalities::SpectrumBlock gather(const std::vector<int64_t>& rows) const;

 private:
  struct Pixels {
    std::vector<float> wavelength, flux;  // flux NaN where it must be masked
  };
  Pixels pixels(int64_t row) const;
  TextTable index_;
  std::vector<float> wave_, flux_;
  std::vector<int64_t> offset_;
};

}  // namespace asterism::data
