#include "data/surveys/muse.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/surveys/fits_wcs.h"
#include "data/surveys/flux_unit.h"
#include "data/surveys/row_import.h"
#include "data/surveys/sdss_spectrum.h"
#include "data/surveys/spectral_axis.h"
#include "io/fits.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/map.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnit = "1e-17 erg/s/cm^2/Angstrom";
constexpr double kUnitScale = 1e-17;

bool is_fits(const std::string& name) {
  return (name.ends_with(".fits") || name.ends_with(".fits.gz")) && !name.starts_with("segmap") &&
         !name.starts_with("catalog");
}

// What a DATA HDU must be multiplied with to be in kUnit.
double factor_of(const io::FitsHdu& data, const std::string& where) {
  const std::string unit = data.text("BUNIT").value_or("");
  auto scale = flux_density_scale(unit);
  const auto written = data.number("FSCALE");  // of old MPDAF; applied twice in some headers
  if (scale && written && std::abs(*scale / (*written * *written) - 1) < 1e-6) scale = *written;
  if (!scale || !(*scale >= 1e-24 && *scale <= 1e-10))
    base::data_error("{}: fluxes in '{}' (BUNIT); 1e-24 to 1e-10 erg/s/cm^2/Angstrom are read", where, unit);
  return *scale / kUnitScale;
}

// Fluxes and variances of one file into flux, ivar and mask of a block.
void fill_pixels(const io::FitsFile& file, double factor, float* flux, float* ivar, uint8_t* mask, bool* has_ivar) {
  const std::string& name = file.name();
  const auto data = file.hdu("DATA").image<float>();
  const bool known = file.has_hdu("STAT");
  const auto variance = known ? file.hdu("STAT").image<float>() : io::FitsValues<float>{};
  if (known && variance.shape != data.shape) base::data_error("{}, HDU STAT: of another shape than DATA", name);
  int64_t good_pixels = 0;
  for (size_t i = 0; i < data.values.size(); ++i) {
    const double v = known ? double(variance.values[i]) * factor * factor : 1;
    if (known && variance.valid[i] != 0 && v < 0)
      base::data_error("{}, HDU STAT, pixel {}: variance {}", name, i, variance.values[i]);
    const float weight = known ? float(1 / v) : 1;
    const bool good =
        data.valid[i] != 0 && (!known || variance.valid[i] != 0) && v > 0 && std::isfinite(weight) && weight > 0;
    flux[i] = data.valid[i] != 0 ? float(double(data.values[i]) * factor) : 0;
    ivar[i] = good ? weight : 0;
    mask[i] = !good;
    good_pixels += good;
  }
  if (has_ivar != nullptr) *has_ivar = known;
  if (good_pixels == 0) base::data_error("{}: not one good pixel", name);
}

// Vacuum wavelengths of the third axis of a cube.
std::vector<float> wavelengths_of(const io::FitsHdu& data, int64_t length, const std::string& where) {
  const std::string type = data.text("CTYPE3").value_or("");
  if (type != "AWAV" && type != "WAVE")
    base::data_error("{}: CTYPE3 is '{}'; AWAV (air) and WAVE (vacuum) are read", where, type);
  std::vector<float> out;
  for (const double at : vacuum_angstrom(spectral_axis(data, 3, length, where), {}, where)) {
    if (!(at > 2000 && at < 100000 && (out.empty() || at > double(out.back()))))
      base::data_error("{}: plane {} at {} A", where, out.size(), at);
    out.push_back(float(at));
  }
  return out;
}

double rounded_scale(const astro::TangentWcs& wcs) { return std::round(wcs.pixel_scale_arcsec() * 1e3) / 1e3; }

// Whole numbers of an image HDU as a map of one layer.
modalities::MapBlock label_map(const io::FitsHdu& hdu, const std::string& layer, int64_t height, int64_t width,
                               double scale, const std::string& where) {
  const auto labels = hdu.image<int64_t>();
  if (labels.shape != std::vector<int64_t>{height, width})
    base::data_error("{}: not of {} x {} pixels, as the data it belongs to", where, height, width);
  auto out = modalities::make_maps(1, {{layer, ""}}, height, width, scale, true, false);
  out.present[0] = 1;
  for (size_t i = 0; i < labels.values.size(); ++i) {
    const int64_t label = labels.values[i];
    if (label < 0 || label > modalities::kGreatestLabel)
      base::data_error("{}, pixel {}: {}; 0 to 2^24 are allowed", where, i, label);
    out.value[i] = float(label);
    out.mask[i] = labels.valid[i] == 0;
    out.ivar[i] = labels.valid[i] != 0 ? 1 : 0;
  }
  return out;
}

class MuseImport : public RowImport {
 public:
  MuseImport(std::vector<fs::path> files, BadRows& bad) : RowImport(bad, 1), files_(std::move(files)) {
    set_rows(int64_t(files_.size()));
    find_shapes();
  }

  DatasetInfo info() const override {
    return {.name = "muse",
            .title = "MUSE cubes and images",
            .description =
                "Each file is an object at the position of its middle pixel. Wavelengths brought from air to vacuum; "
                "pixels as in the files, which may be rotated. Segmentation maps come from a detection program.",
            .provenance = "MUSE products written by MPDAF, imported by asterism " ASTERISM_VERSION,
            .licence = "BSD-3-Clause (the repository the files come from)",
            .citation = "Bacon et al. 2017, A&A 608, A1; Bacon et al. 2015, A&A 575, A75",
            .acknowledgement = "Based on observations made with ESO telescopes at the La Silla Paranal Observatory",
            .columns = {{"num_sources", {"sources in the catalogue of the image", "meta.number"}}}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const fs::path& path = files_[size_t(row)];
    const auto file = io::FitsFile::open(path);
    const auto data = file.hdu("DATA");
    const std::string where = path.string() + ", HDU DATA";
    const auto& shape = data.shape();
    if (shape.size() != 2 && shape.size() != 3) base::data_error("{}: {} axes; 2 or 3 are wanted", where, shape.size());
    const int64_t height = shape[shape.size() - 2], width = shape.back();
    const auto wcs = wcs_of(data, where);
    const auto centre = wcs.sky_of(double(width - 1) / 2, double(height - 1) / 2);
    const auto position = checked_position(centre.ra_deg, centre.dec_deg, where);
    modalities::Batch batch;
    std::string id = path.filename().string();
    batch.objects.push_back({"muse", id.substr(0, id.find(".fits")), true, position.ra_deg, position.dec_deg});
    if (shape.size() == 3)
      add_cube(file, shape, rounded_scale(wcs), batch);
    else
      add_image(file, path, wcs, shape, batch);
    add_absent(batch);
    return batch;
  }
  Place place_of(int64_t row) const override { return {files_[size_t(row)].string(), "0"}; }

 private:
  void add_cube(const io::FitsFile& file, const std::vector<int64_t>& shape, double scale, modalities::Batch& batch) {
    const auto data = file.hdu("DATA");
    const std::string where = file.name() + ", HDU DATA";
    if (shape[0] * shape[1] * shape[2] < 1) base::data_error("{}: an empty cube", where);
    const auto wavelengths = wavelengths_of(data, shape[0], where);
    auto cube = modalities::make_cubes(1, shape[0], shape[1], shape[2], kUnit, scale);
    cube.present[0] = 1;
    std::copy(wavelengths.begin(), wavelengths.end(), cube.wavelength_angstrom.begin());
    fill_pixels(file, factor_of(data, where), cube.flux.data(), cube.ivar.data(), cube.mask.data(), nullptr);
    batch.blocks.emplace("cube_muse", std::move(cube));
    if (file.has_hdu("FIELDMAP"))
      batch.blocks.emplace("maps_fields", label_map(file.hdu("FIELDMAP"), "fields", shape[1], shape[2], scale,
                                                    file.name() + ", HDU FIELDMAP"));
  }

  void add_image(const io::FitsFile& file, const fs::path& path, const astro::TangentWcs& wcs,
                 const std::vector<int64_t>& shape, modalities::Batch& batch) {
    const std::string where = file.name() + ", HDU DATA";
    const double scale = rounded_scale(wcs);
    auto image = modalities::make_images(1, {{"muse", 0, 0}}, shape[0], shape[1], kUnit, scale, true);
    image.present[0] = 1;
    fill_pixels(file, factor_of(file.hdu("DATA"), where), image.flux.data(), image.ivar.data(), image.mask.data(),
                &image.has_ivar);
    batch.blocks.emplace("image_muse", std::move(image));
    if (const fs::path segmap = path.parent_path() / "segmap.fits"; fs::is_regular_file(segmap)) {
      const auto hdu = io::FitsFile::open(segmap).hdu(0);
      const auto other = wcs_of(hdu, segmap.string());
      if (astro::separation_deg(other.crval, wcs.crval) < 1e-6)
        batch.blocks.emplace("maps_segmentation", label_map(hdu, "source", shape[0], shape[1], scale, segmap.string()));
    }
    if (const fs::path catalogue = path.parent_path() / "catalog.fits"; fs::is_regular_file(catalogue)) {
      const auto hdu = io::FitsFile::open(catalogue).hdu(1);
      add_scalar(batch, "num_sources", double(hdu.num_rows()));
    }
  }

  // What the files hold beside each other, so that every batch has the same modalities.
  void find_shapes() {
    for (const auto& path : files_) {
      try {
        const auto file = io::FitsFile::open(path);
        const auto shape = file.hdu("DATA").shape();
        const auto wcs = wcs_of(file.hdu("DATA"), path.string());
        modalities::Batch one;
        one.objects.push_back({"muse", "x", false, 0, 0});
        if (shape.size() == 3)
          add_cube(file, shape, rounded_scale(wcs), one);
        else if (shape.size() == 2)
          add_image(file, path, wcs, shape, one);
        for (const auto& [name, block] : one.blocks) examples_.emplace(name, modalities::select(block, {}));
      } catch (const base::DataError&) {
        // said when its row is read
      }
    }
  }

  void add_absent(modalities::Batch& batch) const {
    for (const auto& [name, example] : examples_) {
      if (batch.blocks.count(name) == 0) batch.blocks.emplace(name, modalities::absent_like(example, 1));
    }
  }

  std::vector<fs::path> files_;
  std::map<std::string, modalities::Block> examples_;
};

}  // namespace

std::unique_ptr<SurveyImport> open_muse(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return std::make_unique<MuseImport>(files_of(inputs, is_fits, "MUSE cubes or images (*.fits)"), bad);
}

}  // namespace asterism::data
