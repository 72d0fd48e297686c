#include "data/surveys/deep2_hst.h"

#include <algorithm>
#include <cmath>

#include "astro/acs_filter.h"
#include "astro/wavelength.h"
#include "base/error.h"
#include "data/surveys/fits_wcs.h"
#include "data/surveys/row_import.h"
#include "data/surveys/sdss_spectrum.h"
#include "data/surveys/text_table.h"
#include "io/fits.h"
#include "modalities/image.h"
#include "modalities/spectrum.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr double kMostOffsetPixels = 5;  // of the target from the middle of its cutout
constexpr int64_t kMostPixels = 100000;

std::vector<modalities::Band> bands() {
  std::vector<modalities::Band> out;
  for (const char* name : {"acs-f606w", "acs-f814w"}) {
    const astro::Filter& filter = *astro::acs_filter(name);
    out.push_back({std::string("hst-") + name, filter.effective_wavelength(), filter.full_width_half_maximum()});
  }
  return out;
}

struct Arm {
  io::FitsValues<double> wavelength;
  io::FitsValues<float> flux, ivar;
};

Arm read_arm(const io::FitsFile& file, const std::string& name) {
  const auto hdu = file.hdu(name);
  const std::string place = file.name() + ", HDU " + name;
  if (hdu.num_rows() != 1) base::data_error("{}: {} rows; one is wanted", place, hdu.num_rows());
  Arm arm{hdu.column<double>("LAMBDA"), hdu.column<float>("SPEC"), hdu.column<float>("IVAR")};
  const size_t n = arm.wavelength.values.size();
  if (n < 1 || int64_t(n) > kMostPixels || arm.flux.values.size() != n || arm.ivar.values.size() != n)
    base::data_error("{}: {} wavelengths, {} fluxes, {} inverse variances", place, n, arm.flux.values.size(),
                     arm.ivar.values.size());
  for (size_t i = 0; i < n; ++i) {
    const double at = arm.wavelength.values[i];
    if (!(at > 3000 && at < 12000) || (i > 0 && !(at > arm.wavelength.values[i - 1])))
      base::data_error("{}, pixel {}: wavelength {} A; they must increase from 3,000 to 12,000 A", place, i, at);
    if (arm.ivar.values[i] < 0) base::data_error("{}, pixel {}: inverse variance {}", place, i, arm.ivar.values[i]);
  }
  return arm;
}

modalities::SpectrumBlock read_deimos(const fs::path& path) {
  const auto file = io::FitsFile::open(path);
  const Arm arms[2] = {read_arm(file, "Horne-B"), read_arm(file, "Horne-R")};
  const double last = arms[0].wavelength.values.back();
  std::vector<std::pair<const Arm*, size_t>> pixels;
  for (const Arm& arm : arms) {
    for (size_t i = 0; i < arm.flux.values.size(); ++i) {
      if (&arm == &arms[0] || arm.wavelength.values[i] > last) pixels.emplace_back(&arm, i);
    }
  }
  auto block = modalities::make_spectra(1, int64_t(pixels.size()), "counts");
  block.present[0] = 1;
  int64_t good_pixels = 0;
  for (size_t k = 0; k < pixels.size(); ++k) {
    const auto& [arm, i] = pixels[k];
    const bool good = arm->flux.valid[i] != 0 && arm->ivar.valid[i] != 0 && arm->ivar.values[i] > 0;
    block.wavelength_angstrom[k] = float(astro::vacuum_of_air(arm->wavelength.values[i]));
    block.flux[k] = arm->flux.valid[i] != 0 ? arm->flux.values[i] : 0;
    block.ivar[k] = good ? arm->ivar.values[i] : 0;
    block.mask[k] = !good;
    good_pixels += good;
  }
  if (good_pixels == 0) base::data_error("{}: not one good pixel", path.string());
  return block;
}

modalities::ImageBlock read_cutouts(const fs::path paths[2], astro::SkyPosition target) {
  modalities::ImageBlock block;
  for (size_t b = 0; b < 2; ++b) {
    const std::string name = paths[b].string();
    const auto hdu = io::FitsFile::open(paths[b]).hdu(0);
    const auto image = hdu.image<float>();
    if (image.shape.size() != 2)
      base::data_error("{}, HDU 0: an image of {} axes; 2 are wanted", name, image.shape.size());
    const auto wcs = wcs_of(hdu, name);
    if (b == 0)
      block = modalities::make_images(1, bands(), image.shape[0], image.shape[1], "counts",
                                      std::round(wcs.pixel_scale_arcsec() * 1e4) / 1e4, false);
    if (image.shape[0] != block.height || image.shape[1] != block.width)
      base::data_error("{}: {} x {} pixels; the first band has {} x {}", name, image.shape[0], image.shape[1],
                       block.height, block.width);
    if (astro::separation_deg(wcs.crval, target) > 1) base::data_error("{}: the target is not on the cutout", name);
    const auto [x, y] = wcs.pixel_of(target);
    if (std::hypot(x - double(block.width - 1) / 2, y - double(block.height - 1) / 2) > kMostOffsetPixels)
      base::data_error("{}: the target lies at pixel ({:.1f}, {:.1f}), not in the middle", name, x, y);
    const size_t plane = size_t(block.height * block.width);
    for (size_t i = 0; i < plane; ++i) {
      const size_t at = b * plane + i;
      block.flux[at] = image.valid[i] != 0 ? image.values[i] : 0;
      block.mask[at] = image.valid[i] == 0;
      block.ivar[at] = image.valid[i] != 0 ? 1 : 0;
    }
  }
  block.present[0] = 1;
  return block;
}

class Deep2HstImport : public RowImport {
 public:
  Deep2HstImport(fs::path folder, BadRows& bad)
      : RowImport(bad, 8),
        folder_(std::move(folder)),
        table_(folder_ / "pairs.csv", {"objno", "ra", "dec", "z_ours", "dchi2", "q_ours", "img_V", "img_I", "spec1d"}) {
    set_rows(table_.num_rows());
  }

  DatasetInfo info() const override {
    return {
        .name = "deep2_hst",
        .title = "Hubble cutouts and DEIMOS spectra of galaxies in the Groth strip",
        .description =
            "Relative fluxes only: counts without zero point. Wavelengths brought from air to vacuum. Redshifts are "
            "fits of galaxy eigenspectra to these spectra, not published ones; redshift_ok means grade A.",
        .provenance = "HST/ACS EGS cutouts, Keck/DEIMOS DEEP2 spectra; imported by asterism " ASTERISM_VERSION,
        .licence = "BSD-3-Clause (the repository the files come from)",
        .citation = "Newman et al. 2013, ApJS 208, 5; Davis et al. 2007, ApJ 660, L1",
        .acknowledgement = "DEEP2: see https://deep.ps.uci.edu",
        .columns = {{"redshift_grade", {"grade of the fit: 0 A, 1 B, 2 C", "meta.code.qual;src.redshift"}},
                    {"delta_chi2", {"chi-square difference to the second best redshift", "stat.fit.chi2"}}}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const std::string where = fmt::format("pairs.csv, line {}", table_.line(row));
    const auto position = checked_position(table_.need_number(row, "ra"), table_.need_number(row, "dec"), where);
    const std::string id = plain_id(table_.text(row, "objno")), grade = table_.text(row, "q_ours");
    if (id.empty()) base::data_error("{}: no objno", where);
    const fs::path images[2] = {file_inside(folder_, table_.text(row, "img_V"), where),
                                file_inside(folder_, table_.text(row, "img_I"), where)};
    modalities::Batch batch;
    batch.objects.push_back({"deep2", id, true, position.ra_deg, position.dec_deg});
    batch.blocks.emplace("image_hst", read_cutouts(images, position));
    batch.blocks.emplace("spectrum_deimos", read_deimos(file_inside(folder_, table_.text(row, "spec1d"), where)));
    const size_t known = std::string("ABC").find(grade);
    if (grade.size() != 1 || known == std::string::npos)
      base::data_error("{}, column q_ours: '{}'; A, B and C are known", where, grade);
    const auto z = table_.number(row, "z_ours");
    add_scalar(batch, "redshift", z);
    add_scalar(batch, "redshift_ok", z ? std::optional<double>(grade == "A") : std::nullopt);
    add_scalar(batch, "redshift_grade", double(known));
    add_scalar(batch, "delta_chi2", table_.number(row, "dchi2"));
    return batch;
  }
  Place place_of(int64_t row) const override {
    return {(folder_ / "pairs.csv").string(), std::to_string(table_.line(row))};
  }

 private:
  fs::path folder_;
  TextTable table_;
};

}  // namespace

std::unique_ptr<SurveyImport> open_deep2_hst(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  if (inputs.size() != 1 || !fs::is_regular_file(inputs[0] / "pairs.csv"))
    base::user_error("deep2_hst takes one folder that holds pairs.csv, cutouts/ and spec1D/");
  return std::make_unique<Deep2HstImport>(inputs[0], bad);
}

}  // namespace asterism::data
