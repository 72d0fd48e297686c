#include "data/surveys/cutouts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "astro/filter.h"
#include "base/error.h"
#include "data/surveys/fits_wcs.h"
#include "data/surveys/row_import.h"
#include "data/surveys/text_table.h"
#include "io/fits.h"
#include "modalities/image.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr double kHscZeroPoint = 27.0;
const std::string kHscBands = "grizy";

bool is_fits(const std::string& name) {
  return name.ends_with(".fits") || name.ends_with(".fits.gz") || name.ends_with(".fits.fz");
}

// Place of the band's letter in "...-HSC-G-..."; npos when there is none.
size_t hsc_letter(const std::string& name) {
  const size_t at = name.find("-HSC-");
  if (at == std::string::npos || at + 5 >= name.size()) return std::string::npos;
  const char letter = char(std::tolower(static_cast<unsigned char>(name[at + 5])));
  return kHscBands.find(letter) == std::string::npos ? std::string::npos : at + 5;
}

bool is_hsc(const std::string& name) { return is_fits(name) && hsc_letter(name) != std::string::npos; }

modalities::Band band_of(const std::string& name, const std::string& filter) {
  const auto& curve = astro::filter(filter);
  return {name, curve.effective_wavelength(), curve.full_width_half_maximum()};
}

std::string stem_of(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.substr(0, name.find(".fits"));
}

struct Named {
  std::string id;
  std::optional<astro::SkyPosition> position;
};

// objects.csv of the files' folders, by file name.
std::map<std::string, Named> read_names(const std::vector<fs::path>& files, BadRows& bad) {
  std::map<std::string, Named> out;
  fs::path last;
  for (const auto& file : files) {
    const fs::path table_path = file.parent_path() / "objects.csv";
    if (table_path == last || !fs::is_regular_file(table_path)) continue;
    last = table_path;
    const TextTable table(table_path, {"file", "object_id", "ra", "dec"});
    for (int64_t row = 0; row < table.num_rows(); ++row) {
      try {
        const std::string where = fmt::format("{}, line {}", table_path.string(), table.line(row));
        Named named{plain_id(table.text(row, "object_id")),
                    checked_position(table.need_number(row, "ra"), table.need_number(row, "dec"), where)};
        if (named.id.empty()) base::data_error("{}: no object_id", where);
        out[table.text(row, "file")] = named;
      } catch (const base::DataError& error) {
        bad.add(table_path.string(), std::to_string(table.line(row)), error.what());
      }
    }
  }
  return out;
}

// What both kinds share: sizes, names, places.
class CutoutImport : public RowImport {
 protected:
  CutoutImport(std::string survey, std::map<std::string, Named> names, BadRows& bad)
      : RowImport(bad, 16), survey_(std::move(survey)), names_(std::move(names)) {}

  modalities::Batch batch_of(const std::string& file, const std::string& id, const astro::TangentWcs& wcs,
                             modalities::ImageBlock image) {
    if (height_ == 0) height_ = image.height, width_ = image.width, scale_ = image.pixel_scale_arcsec;
    if (image.height != height_ || image.width != width_)
      base::data_error("{}: {} x {} pixels; the others have {} x {}", file, image.height, image.width, height_, width_);
    if (std::abs(image.pixel_scale_arcsec - scale_) > 1e-3)
      base::data_error("{}: {} arcsec a pixel; the others have {}", file, image.pixel_scale_arcsec, scale_);
    image.pixel_scale_arcsec = scale_;
    const auto centre = wcs.sky_of(double(image.width - 1) / 2, double(image.height - 1) / 2);
    Named named{id, checked_position(centre.ra_deg, centre.dec_deg, file)};
    const auto found = names_.find(fs::path(file).filename().string());
    if (found != names_.end()) named = found->second;
    modalities::Batch batch;
    batch.objects.push_back({survey_, named.id, true, named.position->ra_deg, named.position->dec_deg});
    batch.blocks.emplace("image_" + survey_, std::move(image));
    return batch;
  }

  static double rounded_scale(const astro::TangentWcs& wcs) { return std::round(wcs.pixel_scale_arcsec() * 1e4) / 1e4; }

 private:
  std::string survey_;
  std::map<std::string, Named> names_;
  int64_t height_ = 0, width_ = 0;
  double scale_ = 0;
};

// One pixel of a band from what the files say.
struct PixelSource {
  const io::FitsValues<float>& flux;
  const io::FitsValues<float>* weight;  // inverse variance, nullptr: unknown
  bool is_variance;
  double factor;  // to nanomaggies
};

void set_pixel(const PixelSource& from, size_t i, bool masked, const std::string& where, modalities::ImageBlock& image,
               size_t to) {
  double ivar = 1;
  if (from.weight != nullptr) {
    const double w = double(from.weight->values[i]);
    if (from.weight->valid[i] != 0 && w < 0)
      base::data_error("{}, value {}: {} {}", where, i, from.is_variance ? "variance" : "inverse variance", w);
    ivar = from.weight->valid[i] == 0 || w == 0 ? 0 : (from.is_variance ? 1 / w : w) / (from.factor * from.factor);
  }
  const double flux = double(from.flux.values[i]) * from.factor;
  const bool good =
      !masked && from.flux.valid[i] != 0 && std::isfinite(float(flux)) && std::isfinite(float(ivar)) && float(ivar) > 0;
  image.flux[to] = from.flux.valid[i] != 0 && std::isfinite(float(flux)) ? float(flux) : 0;
  image.ivar[to] = good ? float(ivar) : 0;
  image.mask[to] = !good;
}

class LegacyImport : public CutoutImport {
 public:
  LegacyImport(std::vector<fs::path> files, BadRows& bad)
      : CutoutImport("legacy", read_names(files, bad), bad), files_(std::move(files)) {
    set_rows(int64_t(files_.size()));
  }
  DatasetInfo info() const override {
    return {.name = "legacy_cutouts",
            .title = "DESI Legacy Imaging Surveys cutouts",
            .description = "Cutouts in nanomaggies.",
            .provenance = "FITS cutouts of the Legacy Surveys, imported by asterism " ASTERISM_VERSION,
            .licence = "not stated in the files",
            .citation = "Dey et al. 2019, AJ 157, 168",
            .acknowledgement = "The Legacy Surveys: see https://www.legacysurvey.org/acknowledgment",
            .columns = {}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const std::string name = files_[size_t(row)].string();
    const auto file = io::FitsFile::open(files_[size_t(row)]);
    int at = 0;
    while (at < file.num_hdus() && file.hdu(at).shape().size() != 3) ++at;
    if (at == file.num_hdus()) base::data_error("{}: no image of three axes (band, line, pixel)", name);
    const auto hdu = file.hdu(at);
    const std::string where = fmt::format("{}, HDU {}", name, at);
    if (const auto unit = hdu.text("BUNIT"); unit && !unit->empty() && *unit != "nanomaggy" && *unit != "nanomaggies")
      base::data_error("{}: pixels in '{}' (BUNIT); nanomaggies are wanted", where, *unit);
    const auto bands = bands_of(hdu, where);
    const auto flux = hdu.image<float>();
    const bool known = file.has_hdu("INVVAR"), masks = file.has_hdu("MASKBITS");
    const auto weight = known ? file.hdu("INVVAR").image<float>() : io::FitsValues<float>{};
    const auto bits = masks ? file.hdu("MASKBITS").image<int64_t>() : io::FitsValues<int64_t>{};
    const int64_t plane = flux.shape[1] * flux.shape[2];
    if (known && weight.shape != flux.shape) base::data_error("{}, HDU INVVAR: of another shape than the image", name);
    if (masks && int64_t(bits.values.size()) != plane)
      base::data_error("{}, HDU MASKBITS: {} values for {} pixels", name, bits.values.size(), plane);
    const auto wcs = wcs_of(hdu, where);
    auto image =
        modalities::make_images(1, bands, flux.shape[1], flux.shape[2], "nanomaggy", rounded_scale(wcs), known);
    image.present[0] = 1;
    const PixelSource source{flux, known ? &weight : nullptr, false, 1};
    int64_t good = 0;
    for (size_t i = 0; i < flux.values.size(); ++i) {
      const int64_t bad_bits =
          masks ? bits_of(bands[i / size_t(plane)].name.back()) & bits.values[i % size_t(plane)] : 0;
      set_pixel(source, i, bad_bits != 0, name + ", HDU INVVAR", image, i);
      good += image.mask[i] == 0;
    }
    if (good == 0) base::data_error("{}: not one good pixel", where);
    return batch_of(name, stem_of(files_[size_t(row)]), wcs, std::move(image));
  }
  Place place_of(int64_t row) const override { return {files_[size_t(row)].string(), "0"}; }

 private:
  static std::vector<modalities::Band> bands_of(const io::FitsHdu& hdu, const std::string& where) {
    std::string letters = hdu.text("BANDS").value_or("");
    for (int k = 0; letters.empty() || k > 0; ++k) {
      const auto one = hdu.text(fmt::format("BAND{}", k));
      if (!one || one->size() != 1) break;
      letters += *one;
    }
    if (int64_t(letters.size()) != hdu.shape()[0])
      base::data_error("{}: {} planes, and the header names the bands '{}'", where, hdu.shape()[0], letters);
    std::vector<modalities::Band> out;
    for (const char letter : letters) {
      if (std::string("griz").find(letter) == std::string::npos)
        base::data_error("{}: band '{}'; g, r, i and z are known", where, letter);
      out.push_back(band_of(std::string("des-") + letter, std::string("decam2014-") + letter));
    }
    return out;
  }

  // SATUR and ALLMASK of a band in MASKBITS of DR9 and DR10.
  static int64_t bits_of(char band) {
    if (band == 'g') return (1 << 2) | (1 << 5);
    if (band == 'r') return (1 << 3) | (1 << 6);
    if (band == 'z') return (1 << 4) | (1 << 7);
    return (1 << 14) | (1 << 15);
  }

  std::vector<fs::path> files_;
};

class HscImport : public CutoutImport {
 public:
  HscImport(const std::vector<fs::path>& files, BadRows& bad) : CutoutImport("hsc", read_names(files, bad), bad) {
    std::map<std::string, std::map<size_t, fs::path>> groups;
    for (const auto& file : files) {
      const std::string name = file.filename().string();
      const size_t at = hsc_letter(name);
      if (at == std::string::npos) base::user_error("{}: no band in its name (-HSC-G and so on)", file.string());
      std::string key = file.string();
      const size_t band = kHscBands.find(char(std::tolower(static_cast<unsigned char>(name[at]))));
      key[key.size() - name.size() + at] = '*';
      groups[key][band] = file;
    }
    for (auto& [key, group] : groups) objects_.push_back(group);
    set_rows(int64_t(objects_.size()));
  }
  DatasetInfo info() const override {
    return {.name = "hsc_cutouts",
            .title = "Hyper Suprime-Cam cutouts",
            .description = "Cutouts in nanomaggies, by the zero point of each file (27.0 where it has none).",
            .provenance = "HSC-SSP PDR3 cutouts, imported by asterism " ASTERISM_VERSION,
            .licence = "not stated in the files",
            .citation = "Aihara et al. 2022, PASJ 74, 247",
            .acknowledgement = "HSC-SSP: see https://hsc-release.mtk.nao.ac.jp",
            .columns = {}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    modalities::ImageBlock image;
    astro::TangentWcs wcs;
    const auto& group = objects_[size_t(row)];
    for (const auto& [band, path] : group) {
      const auto file = io::FitsFile::open(path);
      const auto hdu = file.hdu("IMAGE");
      const std::string where = path.string() + ", HDU IMAGE";
      const auto flux = hdu.image<float>();
      if (flux.shape.size() != 2) base::data_error("{}: {} axes; 2 are wanted", where, flux.shape.size());
      wcs = wcs_of(hdu, where);
      if (image.bands.empty()) {
        std::vector<modalities::Band> bands;
        for (const char letter : kHscBands)
          bands.push_back(band_of(std::string("hsc-") + letter, std::string("hsc2017-") + letter));
        image = modalities::make_images(1, bands, flux.shape[0], flux.shape[1], "nanomaggy", rounded_scale(wcs), true);
        image.present[0] = 1;
      }
      if (flux.shape[0] != image.height || flux.shape[1] != image.width)
        base::data_error("{}: {} x {} pixels; another band has {} x {}", where, flux.shape[0], flux.shape[1],
                         image.height, image.width);
      fill_band(file, flux, band, image);
    }
    if (std::find(image.mask.begin(), image.mask.end(), 0) == image.mask.end())
      base::data_error("{}: not one good pixel", group.begin()->second.string());
    const fs::path& first = group.begin()->second;
    std::string id = stem_of(first);
    id.erase(hsc_letter(id) - 5, 6);  // "-HSC-G"
    return batch_of(first.string(), id, wcs, std::move(image));
  }
  Place place_of(int64_t row) const override { return {objects_[size_t(row)].begin()->second.string(), "0"}; }

 private:
  static void fill_band(const io::FitsFile& file, const io::FitsValues<float>& flux, size_t band,
                        modalities::ImageBlock& image) {
    const auto mask_hdu = file.hdu("MASK");
    const auto mask = mask_hdu.image<int64_t>();
    const auto variance = file.hdu("VARIANCE").image<float>();
    if (mask.shape != flux.shape || variance.shape != flux.shape)
      base::data_error("{}: MASK or VARIANCE of another shape than IMAGE", file.name());
    const auto written = file.hdu(0).number("FLUXMAG0");
    if (written && !(*written > 0)) base::data_error("{}: FLUXMAG0 is {}", file.name(), *written);
    const double counts_of_mag_0 = written ? *written : std::pow(10.0, kHscZeroPoint / 2.5);
    const PixelSource source{flux, &variance, true, std::pow(10.0, 9.0) / counts_of_mag_0};  // mag 0 is 1e9 nanomaggies
    int64_t bits = 0;
    for (const auto& [plane, usual] :
         {std::pair<const char*, int64_t>{"MP_BAD", 0}, {"MP_SAT", 1}, {"MP_NO_DATA", 8}}) {
      const int64_t bit = mask_hdu.integer(plane).value_or(usual);
      if (bit < 0 || bit > 62) base::data_error("{}, HDU MASK: {} is {}", file.name(), plane, bit);
      bits |= int64_t{1} << bit;
    }
    const size_t plane = flux.values.size();
    for (size_t i = 0; i < plane; ++i)
      set_pixel(source, i, (mask.values[i] & bits) != 0, file.name() + ", HDU VARIANCE", image, band * plane + i);
  }

  std::vector<std::map<size_t, fs::path>> objects_;  // file of each band
};

}  // namespace

std::unique_ptr<SurveyImport> open_legacy_cutouts(const std::vector<fs::path>& inputs, const ImportOptions&,
                                                  BadRows& bad) {
  return std::make_unique<LegacyImport>(files_of(inputs, is_fits, "cutouts (*.fits)"), bad);
}

std::unique_ptr<SurveyImport> open_hsc_cutouts(const std::vector<fs::path>& inputs, const ImportOptions&,
                                               BadRows& bad) {
  return std::make_unique<HscImport>(files_of(inputs, is_hsc, "HSC cutouts (*-HSC-G*.fits)"), bad);
}

}  // namespace asterism::data
