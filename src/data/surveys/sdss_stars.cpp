#include "data/surveys/sdss_stars.h"

#include <algorithm>
#include <cmath>

#include "astro/filter.h"
#include "base/error.h"
#include "data/surveys/sdss_spectrum.h"
#include "data/surveys/text_table.h"
#include "io/fits.h"
#include "modalities/image.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr double kPixelArcsec = 0.396;
const char* const kBands[5] = {"u", "g", "r", "i", "z"};

// The bands as the mock sky names and measures them, so that both can be joined.
std::vector<modalities::Band> sdss_bands() {
  std::vector<modalities::Band> out;
  for (const char* band : kBands) {
    const astro::Filter& filter = astro::filter(std::string("sdss2010-") + band);
    out.push_back({std::string("sdss-") + band, filter.effective_wavelength(), filter.full_width_half_maximum()});
  }
  return out;
}

fs::path with_or_without_gz(const fs::path& path) {
  if (fs::is_regular_file(path)) return path;
  fs::path zipped = path.string() + ".gz";
  if (!fs::is_regular_file(zipped))
    base::data_error("{}[.gz]: the file is missing; download it, or take its row out of pairs.csv", path.string());
  return zipped;
}

// Full width at half maximum, in pixels, of the sum of three Gaussians that a stamp's header describes (PSF_P0-2
// amplitudes, 9 and 10, 12 and 13, 15 and 16 their variances along x and y); 0 when the header does not say.
double psf_fwhm_pixels(const io::FitsHdu& hdu) {
  double amplitude[3], variance[3];
  for (int k = 0; k < 3; ++k) {
    const auto a = hdu.number(fmt::format("PSF_P{}", k)), xx = hdu.number(fmt::format("PSF_P{}", 9 + 3 * k)),
               yy = hdu.number(fmt::format("PSF_P{}", 10 + 3 * k));
    if (!a || !xx || !yy || !(*xx > 0) || !(*yy > 0)) return 0;
    amplitude[k] = *a;
    variance[k] = std::sqrt(*xx * *yy);
  }
  const auto profile = [&](double r) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += amplitude[k] / variance[k] * std::exp(-r * r / (2 * variance[k]));
    return sum;
  };
  if (!(profile(0) > 0)) return 0;
  double low = 0, high = 50;
  for (int i = 0; i < 60; ++i) (profile((low + high) / 2) > profile(0) / 2 ? low : high) = (low + high) / 2;
  return low + high;
}

struct Plane {
  io::FitsValues<float> flux, ivar;
  int64_t covered = -1;
  double fwhm_pixels = 0;
};

// The pair of HDUs with the most pixels of positive inverse variance; the first at a tie.
Plane best_plane(const fs::path& path) {
  const auto file = io::FitsFile::open(path);
  Plane best;
  for (int i = 0; i + 1 < file.num_hdus(); i += 2) {
    const auto hdu = file.hdu(i);
    Plane plane{hdu.image<float>(), file.hdu(i + 1).image<float>(), 0, psf_fwhm_pixels(hdu)};
    if (plane.flux.shape.size() != 2 || plane.flux.shape != plane.ivar.shape)
      base::data_error("{}, HDUs {} and {}: flux and inverse variance are not images of one size", path.string(), i,
                       i + 1);
    for (size_t k = 0; k < plane.ivar.values.size(); ++k)
      plane.covered += plane.ivar.valid[k] != 0 && plane.ivar.values[k] > 0;
    if (plane.covered > best.covered) best = std::move(plane);
  }
  if (best.covered < 1)
    base::data_error("{}: no plane with a covered pixel; download it again, or take its row out of pairs.csv",
                     path.string());
  return best;
}

void fill_band(modalities::ImageBlock& block, size_t band, const Plane& plane) {
  const size_t size = size_t(block.height * block.width), at = band * size;
  for (size_t k = 0; k < size; ++k) {
    const float flux = plane.flux.values[k], ivar = plane.ivar.values[k];
    const bool good =
        plane.flux.valid[k] != 0 && plane.ivar.valid[k] != 0 && std::isfinite(flux) && std::isfinite(ivar) && ivar > 0;
    block.flux[at + k] = std::isfinite(flux) ? flux : 0;
    block.ivar[at + k] = good ? ivar : 0;
    block.mask[at + k] = !good;
  }
  block.psf_fwhm_arcsec[band] = float(plane.fwhm_pixels * kPixelArcsec);
}

modalities::ImageBlock read_stamps(const fs::path& folder, const std::string& pattern) {
  const std::string bands = "{u,g,r,i,z}";
  const size_t at = pattern.find(bands);
  if (at == std::string::npos || pattern.find('/') != std::string::npos)
    base::data_error("pairs.csv: stamp_pattern '{}' holds no {}", pattern, bands);
  modalities::ImageBlock block;
  for (size_t b = 0; b < 5; ++b) {
    std::string name = pattern;
    name.replace(at, bands.size(), kBands[b]);
    const Plane plane = best_plane(with_or_without_gz(folder / "stamps" / name));
    if (b == 0)
      block = modalities::make_images(1, sdss_bands(), plane.flux.shape[0], plane.flux.shape[1], "nanomaggy",
                                      kPixelArcsec, true);
    if (plane.flux.shape[0] != block.height || plane.flux.shape[1] != block.width)
      base::data_error("{}: {} x {} pixels; the u stamp has {} x {}", name, plane.flux.shape[0], plane.flux.shape[1],
                       block.height, block.width);
    fill_band(block, b, plane);
  }
  block.present[0] = 1;
  return block;
}

std::optional<double> letter_of(const std::string& subclass) {
  const size_t at = subclass.empty() ? std::string::npos : std::string("AFGKMW").find(subclass[0]);
  return at == std::string::npos ? std::nullopt : std::optional<double>(at);
}

class SdssStarsImport : public SurveyImport {
 public:
  SdssStarsImport(fs::path folder, BadRows& bad)
      : folder_(std::move(folder)),
        table_(folder_ / "pairs.csv", {"stamp_pattern", "spectrum", "zwarning"}),
        bad_(bad) {}

  DatasetInfo info() const override {
    return {
        .name = "sdss_stars",
        .title = "SDSS stars in images and spectra",
        .description =
            "Stamps in five bands around stars that have a spectrum; the image plane with the most covered pixels of "
            "each band. Fluxes are synthesised from the spectra (u, which is extrapolated, left out).",
        .provenance = "SDSS DR8 and later, imported by asterism " ASTERISM_VERSION,
        .licence = "not stated",
        .citation = "Aihara et al. 2011, ApJS 193, 29",
        .acknowledgement = "Funding for SDSS-III: see https://www.sdss3.org",
        .columns = {{"spectral_letter", {"0 A, 1 F, 2 G, 3 K, 4 M, 5 white dwarf", "src.spType"}},
                    {"sn_median", {"median signal-to-noise ratio per pixel of the spectrum", "stat.snr"}}}};
  }

  int64_t expected_rows() const override { return table_.num_rows(); }

  std::optional<modalities::Batch> next() override {
    std::vector<modalities::Batch> rows;
    lines_.clear();
    for (; next_ < table_.num_rows() && rows.size() < 16; ++next_) {
      try {
        rows.push_back(read_row(next_));
        lines_.push_back(table_.line(next_));
      } catch (const base::DataError& error) {
        bad_.add((folder_ / "pairs.csv").string(), std::to_string(table_.line(next_)), error.what());
      }
    }
    if (rows.empty()) return std::nullopt;
    return modalities::concatenate(rows);
  }

  std::optional<Place> place(int64_t row) const override {
    return Place{(folder_ / "pairs.csv").string(), std::to_string(lines_[size_t(row)])};
  }

 private:
  modalities::Batch read_row(int64_t row) {
    const std::string spectrum = table_.text(row, "spectrum");
    if (spectrum.empty() || spectrum.find('/') != std::string::npos)
      base::data_error("pairs.csv, line {}: '{}' names no spectrum; give the name of a file in spectra/",
                       table_.line(row), spectrum);
    const fs::path path = with_or_without_gz(folder_ / "spectra" / spectrum);
    const auto file = io::FitsFile::open(path);
    check_flux_unit(file.hdu(0), path.string());
    const auto catalogue = file.hdu("SPECOBJ");
    const SdssCatalogueRow found = read_sdss_row(catalogue, path.string());
    modalities::Batch batch;
    batch.objects.push_back({"sdss", found.id, true, found.ra_deg, found.dec_deg});
    batch.blocks.emplace("image_sdss", read_stamps(folder_, table_.text(row, "stamp_pattern")));
    batch.blocks.emplace("spectrum_sdss", read_sdss_spectrum(file.hdu("COADD"), path.string()));
    const auto fluxes = read_sdss_fluxes(catalogue, "SPECTROFLUX");
    for (size_t b = 1; b < 5; ++b)
      add_scalar(batch, std::string("flux_sdss_") + kBands[b], "nanomaggy", fluxes.empty() ? std::nullopt : fluxes[b]);
    add_scalar(batch, "redshift", "",
               found.redshift
                   ? std::optional(FluxAndError{*found.redshift, std::max(0.0, found.redshift_error.value_or(0))})
                   : std::nullopt);
    add_scalar(batch, "redshift_ok", found.zwarning == 0 && found.redshift ? 1 : 0);
    add_scalar(batch, "object_class", found.object_class ? std::optional<double>(*found.object_class) : std::nullopt);
    add_scalar(batch, "spectral_letter", letter_of(found.subclass));
    add_scalar(batch, "sn_median", found.sn_median);
    return batch;
  }

  fs::path folder_;
  TextTable table_;
  BadRows& bad_;
  int64_t next_ = 0;
  std::vector<int64_t> lines_;  // of the last batch
};

}  // namespace

std::unique_ptr<SurveyImport> open_sdss_stars(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  for (const auto& input : inputs)
    if (!fs::exists(input)) base::user_error("there is no folder {}", input.string());
  if (inputs.size() != 1 || !fs::is_regular_file(inputs[0] / "pairs.csv") || !fs::is_directory(inputs[0] / "stamps") ||
      !fs::is_directory(inputs[0] / "spectra"))
    base::user_error("sdss_stars takes one folder that holds pairs.csv, stamps/ and spectra/");
  return std::make_unique<SdssStarsImport>(inputs[0], bad);
}

}  // namespace asterism::data
