#include "data/surveys/supernova_spectra.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "io/npz.h"
#include "modalities/spectrum.h"

namespace asterism::data {
namespace {

constexpr float kFluxScale = 1e17F;
constexpr const char* kFileUnit = "erg/s/cm^2/Angstrom";
constexpr const char* kUnit = "1e-17 erg/s/cm^2/Angstrom";

}  // namespace

SupernovaSpectra::SupernovaSpectra(const std::filesystem::path& folder)
    : index_(folder / "spectra_index.csv", {"name", "mjd", "u_flux"}) {
  const auto file = io::NpzFile::open(folder / "spectra.npz");
  wave_ = file.read("wave").values<float>();
  flux_ = file.read("flux").values<float>();
  offset_ = file.read("offset").values<int64_t>();
  bool fits = wave_.size() == flux_.size() && int64_t(offset_.size()) == index_.num_rows() + 1 && offset_[0] == 0 &&
              offset_.back() == int64_t(wave_.size());
  for (size_t i = 1; i < offset_.size(); ++i) fits = fits && offset_[i] >= offset_[i - 1];
  if (!fits)
    base::data_error("{}: {} wavelengths, {} fluxes and {} offsets for the {} rows of spectra_index.csv",
                     (folder / "spectra.npz").string(), wave_.size(), flux_.size(), offset_.size(), index_.num_rows());
}

// Pixels that would step back in wavelength are left out.
SupernovaSpectra::Pixels SupernovaSpectra::pixels(int64_t row) const {
  Pixels out;
  for (int64_t i = offset_[size_t(row)]; i < offset_[size_t(row) + 1]; ++i) {
    const float wavelength = wave_[size_t(i)], flux = flux_[size_t(i)] * kFluxScale;
    if (!(wavelength > 0) || !std::isfinite(wavelength))
      base::data_error("spectrum {} of {}: a wavelength of {} Angstrom", row, name(row), wavelength);
    if (!out.wavelength.empty() && wavelength <= out.wavelength.back()) continue;
    out.wavelength.push_back(wavelength);
    out.flux.push_back(std::isfinite(flux) ? flux : NAN);
  }
  return out;
}

void SupernovaSpectra::check_row(int64_t row) const {
  if (const std::string unit = index_.text(row, "u_flux"); unit != kFileUnit)
    base::data_error("spectrum {} of {}: in '{}'; {} is read", row, name(row), unit.substr(0, 40), kFileUnit);
  mjd(row);
  const Pixels p = pixels(row);
  if (std::all_of(p.flux.begin(), p.flux.end(), [](float f) { return std::isnan(f); }))
    base::data_error("spectrum {} of {}: no usable pixel", row, name(row));
}

modalities::SpectrumBlock SupernovaSpectra::gather(const std::vector<int64_t>& rows) const {
  std::vector<Pixels> all;
  size_t longest = 0;
  for (const int64_t row : rows) {
    all.push_back(row < 0 ? Pixels{} : pixels(row));
    longest = std::max(longest, all.back().flux.size());
  }
  auto block = modalities::make_spectra(int64_t(rows.size()), int64_t(longest), kUnit);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0) continue;
    block.present[i] = 1;
    for (size_t k = 0; k < all[i].flux.size(); ++k) {
      const size_t at = i * longest + k;
      block.wavelength_angstrom[at] = all[i].wavelength[k];
      if (std::isnan(all[i].flux[k])) continue;
      block.flux[at] = all[i].flux[k];
      block.mask[at] = 0;
      block.ivar[at] = 1;
    }
  }
  return block;
}

}  // namespace asterism::data
