#include "data/surveys/manga.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/quantile.h"
#include "data/split.h"
#include "data/surveys/fits_wcs.h"
#include "data/surveys/flux_unit.h"
#include "data/surveys/row_import.h"
#include "data/surveys/sdss_spectrum.h"
#include "io/fits.h"
#include "modalities/cube.h"
#include "modalities/spectrum.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnit = "1e-17 erg/s/cm^2/Angstrom";
constexpr double kSigmaOfFwhm = 1 / 2.354820045030949;
constexpr double kLeastResolution = 100, kGreatestResolution = 1e5;  // what a spectrograph of this kind can have
constexpr int64_t kBadBits = 0x40f;                                  // NOCOV, LOWCOV, DEADFIBER, FORESTAR, DONOTUSE

bool is_fits(const std::string& name) { return name.ends_with(".fits") || name.ends_with(".fits.gz"); }

std::vector<double> wavelengths_of(const io::FitsFile& file) {
  const auto wave = file.hdu("WAVE").image<double>();
  const std::string where = file.name() + ", HDU WAVE";
  if (wave.shape.size() != 1 || wave.values.empty()) base::data_error("{}: a list of wavelengths is wanted", where);
  for (size_t i = 0; i < wave.values.size(); ++i) {
    if (!(wave.values[i] > 1000 && wave.values[i] < 100000) || (i > 0 && !(wave.values[i] > wave.values[i - 1])))
      base::data_error("{}, pixel {}: {} A; wavelengths must increase from 1,000 to 100,000 A", where, i,
                       wave.values[i]);
  }
  return wave.values;
}

template <class T>
io::FitsValues<T> image_of(const io::FitsFile& file, const char* name, const std::vector<int64_t>& shape) {
  auto out = file.hdu(name).image<T>();
  if (out.shape != shape) base::data_error("{}, HDU {}: of another shape than FLUX", file.name(), name);
  return out;
}

struct Pixels {
  io::FitsValues<float> flux, ivar;
  io::FitsValues<int64_t> mask;
};

Pixels pixels_of(const io::FitsFile& file) {
  const auto hdu = file.hdu("FLUX");
  need_flux_unit(hdu.text("BUNIT"), 1e-17, file.name() + ", HDU FLUX");
  Pixels out{hdu.image<float>(), {}, {}};
  out.ivar = image_of<float>(file, "IVAR", out.flux.shape);
  out.mask = image_of<int64_t>(file, "MASK", out.flux.shape);
  return out;
}

// Pixels [first, first + n) into a block's arrays; the number of good ones. bits: of the mask that forbid a pixel.
int64_t fill(const Pixels& from, size_t first, size_t n, int64_t bits, const std::string& file, float* flux,
             float* ivar, uint8_t* mask) {
  int64_t good_pixels = 0;
  for (size_t i = 0; i < n; ++i) {
    const size_t at = first + i;
    const float v = from.ivar.values[at];
    if (from.ivar.valid[at] != 0 && v < 0) base::data_error("{}, HDU IVAR, value {}: {}", file, at, v);
    const bool good =
        from.flux.valid[at] != 0 && from.ivar.valid[at] != 0 && v > 0 && (from.mask.values[at] & bits) == 0;
    flux[i] = from.flux.valid[at] != 0 ? from.flux.values[at] : 0;
    ivar[i] = good ? v : 0;
    mask[i] = !good;
    good_pixels += good;
  }
  return good_pixels;
}

struct Unit {
  size_t file = 0;
  int64_t spectrum = -1;  // -1: a cube
};

class MangaImport : public RowImport {
 public:
  MangaImport(std::vector<fs::path> files, BadRows& bad) : RowImport(bad, 1), files_(std::move(files)) {
    for (size_t i = 0; i < files_.size(); ++i) {
      try {
        const auto file = io::FitsFile::open(files_[i]);
        const auto shape = file.hdu("FLUX").shape();
        if (shape.size() == 3) {
          cubes_ = true;
          height_ = std::max(height_, shape[1]);
          width_ = std::max(width_, shape[2]);
          units_.push_back({i, -1});
        } else if (shape.size() == 2) {
          spectra_ = true;
          for (int64_t k = 0; k < shape[0]; ++k) units_.push_back({i, k});
        } else {
          base::data_error("{}, HDU FLUX: {} axes; 2 (spectra) or 3 (a cube) are wanted", files_[i].string(),
                           shape.size());
        }
      } catch (const base::DataError& error) {
        bad.add(files_[i].string(), "", error.what());
      }
    }
    if (cubes_ && spectra_) base::user_error("manga takes cubes or files of spectra, not both at once");
    set_rows(int64_t(units_.size()));
  }

  DatasetInfo info() const override {
    return {.name = "manga",
            .title = cubes_ ? "MaNGA cubes" : "MaNGA spectra",
            .description = cubes_ ? "Data cubes of the reduction pipeline, one a galaxy."
                                  : "Single spectra without position; those of one redshift come from one galaxy and "
                                    "share a split number.",
            .provenance = "SDSS-IV MaNGA, imported by asterism " ASTERISM_VERSION,
            .licence = "BSD-3-Clause (the repository the files come from)",
            .citation = "Bundy et al. 2015, ApJ 798, 7; Law et al. 2016, AJ 152, 83",
            .acknowledgement = "Funding for SDSS-IV: see https://www.sdss4.org/collaboration/citing-sdss/",
            .columns = {}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const Unit& unit = units_[size_t(row)];
    const auto file = io::FitsFile::open(files_[unit.file]);
    return unit.spectrum < 0 ? read_cube(file) : read_spectrum(file, unit);
  }
  Place place_of(int64_t row) const override {
    const Unit& unit = units_[size_t(row)];
    return {files_[unit.file].string(), std::to_string(std::max<int64_t>(0, unit.spectrum))};
  }

 private:
  modalities::Batch read_cube(const io::FitsFile& file) const {
    const auto primary = file.hdu(0);
    const std::string id = primary.text("PLATEIFU").value_or("");
    const auto ra = primary.number("OBJRA"), dec = primary.number("OBJDEC");
    if (id.empty() || !ra || !dec) base::data_error("{}: no PLATEIFU, OBJRA and OBJDEC in the header", file.name());
    const auto position = checked_position(*ra, *dec, file.name());
    const auto wavelengths = wavelengths_of(file);
    const Pixels pixels = pixels_of(file);
    const auto& shape = pixels.flux.shape;
    const std::string where = file.name() + ", HDU FLUX";
    if (shape[0] != int64_t(wavelengths.size()))
      base::data_error("{}: {} planes for {} wavelengths", where, shape[0], wavelengths.size());
    const double scale = std::round(wcs_of(file.hdu("FLUX"), where).pixel_scale_arcsec() * 1e4) / 1e4;
    auto cube = modalities::make_cubes(1, shape[0], shape[1], shape[2], kUnit, scale);
    cube.present[0] = 1;
    std::copy(wavelengths.begin(), wavelengths.end(), cube.wavelength_angstrom.begin());
    if (fill(pixels, 0, pixels.flux.values.size(), kBadBits, file.name(), cube.flux.data(), cube.ivar.data(),
             cube.mask.data()) == 0)
      base::data_error("{}: not one good pixel", where);
    const char* lsf = file.has_hdu("LSFPOST") ? "LSFPOST" : file.has_hdu("LSFPRE") ? "LSFPRE" : nullptr;
    if (lsf != nullptr) add_line_spread(image_of<float>(file, lsf, shape), cube);
    modalities::Batch batch;
    batch.objects.push_back({"manga", id, true, position.ra_deg, position.dec_deg});
    const bool largest = shape[1] == height_ && shape[2] == width_;
    batch.blocks.emplace("cube_manga", largest ? std::move(cube) : modalities::centred(cube, height_, width_));
    return batch;
  }

  // The cube's line spread is one list: the median over the spaxels that know it.
  static void add_line_spread(const io::FitsValues<float>& sigma, modalities::CubeBlock& cube) {
    const int64_t plane = cube.height * cube.width;
    std::vector<float> known;
    for (int64_t k = 0; k < cube.length; ++k) {
      known.clear();
      for (int64_t i = k * plane; i < (k + 1) * plane; ++i) {
        if (sigma.valid[size_t(i)] != 0 && sigma.values[size_t(i)] > 0) known.push_back(sigma.values[size_t(i)]);
      }
      if (known.empty()) continue;
      cube.lsf_sigma_angstrom[size_t(k)] = base::middle(known);
    }
  }

  modalities::Batch read_spectrum(const io::FitsFile& file, const Unit& unit) {
    const auto wavelengths = wavelengths_of(file);
    const size_t n = wavelengths.size(), first = size_t(unit.spectrum) * n;
    const Pixels pixels = pixels_of(file);
    if (pixels.flux.shape[1] != int64_t(n))
      base::data_error("{}, HDU FLUX: {} pixels for {} wavelengths", file.name(), pixels.flux.shape[1], n);
    auto spectrum = modalities::make_spectra(1, int64_t(n), kUnit);
    spectrum.present[0] = 1;
    std::copy(wavelengths.begin(), wavelengths.end(), spectrum.wavelength_angstrom.begin());
    // The mask of such files is the analysis pipeline's: only IVAR says which pixels are good.
    if (fill(pixels, first, n, 0, file.name(), spectrum.flux.data(), spectrum.ivar.data(), spectrum.mask.data()) == 0)
      base::data_error("{}, HDU FLUX, spectrum {}: not one good pixel", file.name(), unit.spectrum);
    if (file.has_hdu("SRES")) {
      const auto resolution = image_of<double>(file, "SRES", pixels.flux.shape);
      for (size_t i = 0; i < n; ++i) {
        const double r = resolution.values[first + i];
        if (resolution.valid[first + i] != 0 && r > kLeastResolution && r < kGreatestResolution)
          spectrum.lsf_sigma_angstrom[i] = float(wavelengths[i] / r * kSigmaOfFwhm);
      }
    }
    const auto z = file.hdu("Z").image<double>();
    if (z.shape != std::vector<int64_t>{pixels.flux.shape[0]})
      base::data_error("{}, HDU Z: one redshift a spectrum is wanted", file.name());
    std::string stem = files_[unit.file].filename().string();
    stem = stem.substr(0, stem.find(".fits"));
    const size_t k = size_t(unit.spectrum);
    size_t twin = 0;  // the first spectrum of this redshift
    while (z.values[twin] != z.values[k] && twin < k) ++twin;
    modalities::Batch batch;
    batch.objects.push_back({"manga", fmt::format("{}-{}", stem, k), false, 0, 0});
    batch.blocks.emplace("spectrum_manga", std::move(spectrum));
    const bool known = z.valid[k] != 0 && z.values[k] > 0;
    add_scalar(batch, "redshift", known ? std::optional(z.values[k]) : std::nullopt);
    add_scalar(batch, kSplitColumn, double(split_number(fmt::format("{}-{}", stem, twin))));
    return batch;
  }

  std::vector<fs::path> files_;
  std::vector<Unit> units_;
  bool cubes_ = false, spectra_ = false;
  int64_t height_ = 0, width_ = 0;  // of the largest cube
};

}  // namespace

std::unique_ptr<SurveyImport> open_manga(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return std::make_unique<MangaImport>(files_of(inputs, is_fits, "MaNGA files (*.fits, *.fits.gz)"), bad);
}

}  // namespace asterism::data
