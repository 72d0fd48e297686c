#include "data/surveys/mapped_image.h"

#include <algorithm>
#include <cmath>

#include "astro/units.h"
#include "base/error.h"
#include "data/surveys/cutout_window.h"
#include "data/surveys/fits_wcs.h"
#include "data/surveys/kept_image.h"
#include "data/surveys/mapped_band.h"
#include "io/fits.h"
#include "modalities/all.h"
#include "modalities/image.h"

namespace asterism::data {

namespace fs = std::filesystem;

void MappedBand::describe(config::Fields& f) {
  f.add("wavelength", wavelength, "effective wavelength, Angstrom; 0: not known").between(0, 1e13);
  f.add("width", width, "full width at half maximum, Angstrom; 0: not known").between(0, 1e13);
  f.add("filter", filter, "a filter whose curve the program has, in their place");
  f.add("file", file, "pattern of this band's files");
  f.add("plane", plane, "of an image with three axes, counted from 0").between(-1, 100000);
  f.add("zero_point", zero_point, "AB magnitude of one count in this band");
  f.add("psf_fwhm", psf_fwhm, "full width at half maximum of the PSF in this band, arcsec").between(0, 3600);
}

void MappedImage::describe(config::Fields& f) {
  f.add("folder", folder, "of the files, from the mapping file on; default: the table's");
  f.add("file", file, "pattern of the files: {column}, {band}, [HDU]; or each band has its own");
  describe_noise(f, "file or [HDU]");
  f.add("unit", unit, "of a pixel, where the file does not say it (BUNIT)");
  f.add("to", to, "unit in the dataset; default: nanomaggy where the unit can become one");
  f.add("zero_point", zero_point, "AB magnitude of one count");
  f.add("zero_point_keyword", zero_point_keyword, "keyword of the header that says so");
  f.add("psf_fwhm", psf_fwhm, "full width at half maximum of the PSF, arcsec; 0: not known").between(0, 3600);
  f.add("psf_keyword", psf_keyword, "keyword of the header that says so");
  f.add("scale", scale, "arcsec a pixel, where the header has no world coordinates").between(0, 3600);
  f.add("size", size, "pixels across, cut about the object; 0: the whole file").between(0, 4096);
  f.add("optional", optional, "objects whose file is not there lack the image; else their row is bad");
  f.add("description", description, "one line");
  f.tables("bands", bands, "each band of the images");
}

namespace {

constexpr double kSquareArcsec = astro::kArcsec * astro::kArcsec;  // steradian

// What a value of a pixel is multiplied with, and what it is in then.
struct FluxScale {
  double factor = 1;
  std::string unit;
};

}  // namespace

struct ImageReader::State {
  std::string modality, key;
  MappedImage settings;
  fs::path folder;  // "": the table's
  std::vector<modalities::Band> bands;
  std::vector<MappedBand> band_settings;
  std::vector<FilePattern> files;  // by band
  std::optional<FilePattern> weight, mask;
  PixelNoise noise;
  KeptImages<float> images;
  KeptImages<int64_t> masks;
  // Of the first object, which the others must be like; 0: none was read.
  int64_t height = 0, width = 0;
  double scale = 0;
  std::string unit;

  State(const std::string& name, const MappedImage& given, const fs::path& mapping_folder)
      : modality(name), key("[images." + name + "]"), settings(given), noise(given, key) {
    const int scales = !std::isnan(given.zero_point) + !given.zero_point_keyword.empty() + !given.unit.empty();
    if (scales > 1) base::user_error("{}: one of `zero_point`, `zero_point_keyword` and `unit` is wanted", key);
    if (given.bands.empty()) base::user_error("{}: no bands: write [images.{}.bands.NAME] for each", key, name);
    const auto* known = modalities::find(name);
    if (known != nullptr && known->kind != "image")
      base::user_error("{}: {} is of kind {}: give the images another name", key, name, known->kind);
    if (noise.given()) weight.emplace(noise.name(), key + " ivar, variance or error");
    if (!given.mask.empty()) mask.emplace(given.mask, key + " mask");
    if (!given.folder.empty()) folder = mapping_folder / given.folder;
    std::vector<std::pair<modalities::Band, MappedBand>> sorted;
    for (const auto& [band, of_band] : given.bands) {
      if (!std::isnan(of_band.zero_point) && !given.unit.empty())
        base::user_error("{}, band {}: a `zero_point` beside a `unit`", key, band);
      sorted.emplace_back(mapped_band(key, band, of_band.wavelength, of_band.width, of_band.filter), of_band);
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
      return a.first.wavelength_angstrom < b.first.wavelength_angstrom;
    });
    for (auto& [band, of_band] : sorted) {
      bands.push_back(band);
      band_settings.push_back(of_band);
      if (of_band.file.empty() && given.file.empty())
        base::user_error("{}, band {}: no `file`, neither here nor for all bands", key, band.name);
      files.emplace_back(of_band.file.empty() ? given.file : of_band.file, key + " file");
      if (!files.back().names_a_file()) base::user_error("{}, band {}: `file` names no file", key, band.name);
    }
    images.keep(2 * bands.size());
    masks.keep(bands.size());
  }

  // The file of a pattern for one band; one that names an HDU alone is in the band's own file.
  std::optional<std::pair<fs::path, std::string>> place_of(const FilePattern& pattern, const RowText& text, size_t band,
                                                           const fs::path& base, const fs::path& own) const {
    const auto reference = pattern.of(text, bands[band].name);
    if (!reference) return std::nullopt;
    if (reference->path.empty()) return std::pair(own, reference->hdu);
    const auto path = find_file(base, *reference, settings.optional, key);
    if (!path) return std::nullopt;
    return std::pair(*path, reference->hdu);
  }

  FluxScale flux_scale(const io::FitsHdu& hdu, size_t band, double pixel_arcsec, const std::string& where) const {
    double zero_point =
        std::isnan(band_settings[band].zero_point) ? settings.zero_point : band_settings[band].zero_point;
    if (std::isnan(zero_point) && !settings.zero_point_keyword.empty()) {
      const auto told = hdu.number(settings.zero_point_keyword);
      if (!told) base::data_error("{}: the header has no {}", where, settings.zero_point_keyword);
      zero_point = *told;
    }
    const std::string to = settings.to.empty() ? "nanomaggy" : settings.to;
    if (!std::isnan(zero_point)) {
      if (!(std::abs(zero_point) < 100)) base::data_error("{}: a zero point of {} mag", where, zero_point);
      return {std::pow(10, (22.5 - zero_point) / 2.5) * astro::unit_factor("nanomaggy", to), to};
    }
    const std::string stated = hdu.text("BUNIT").value_or("");
    const std::string from = settings.unit.empty() ? stated : settings.unit;
    if (!settings.unit.empty() && !stated.empty() && stated != from) {
      if (!astro::same_unit(stated, from))
        base::data_error("{}: pixels in '{}' (BUNIT), the mapping says '{}'", where, stated, from);
    }
    if (from.empty() && settings.to.empty()) return {1, "counts"};
    if (const auto factor = astro::find_unit_factor(from, to)) return {*factor, to};
    if (const auto factor = astro::find_unit_factor(from, to + " sr-1"))
      return {*factor * pixel_arcsec * pixel_arcsec * kSquareArcsec, to};
    if (settings.to.empty()) return {1, from};
    base::data_error("{}: pixels in '{}', which are no '{}'", where, from, to);
  }

  CutoutWindow window_of(const KeptImage<float>& kept, const modalities::ObjectKey& object,
                         const std::string& where) const {
    const int64_t h = kept.height(), w = kept.width();
    if (settings.size > 0) return cutout_window(*kept.hdu, h, w, settings.size, object, where);
    return {0, 0, h, w, settings.scale == 0 ? wcs_of(*kept.hdu, where) : astro::TangentWcs{}};
  }

  // One band into the block, if the object has it.
  void read_band(size_t band, const RowText& text, const modalities::ObjectKey& object, const fs::path& base,
                 std::optional<modalities::ImageBlock>& block) {
    const auto place = place_of(files[band], text, band, base, {});
    if (!place) return;
    const auto& kept = images.at(place->first, place->second);
    const std::string where = kept.where;
    const CutoutWindow window = window_of(kept, object, where);
    const double arcsec = settings.scale > 0 ? settings.scale : std::round(window.wcs.pixel_scale_arcsec() * 1e4) / 1e4;
    const FluxScale flux = flux_scale(*kept.hdu, band, arcsec, where);
    if (height == 0) height = window.height, width = window.width, scale = arcsec, unit = flux.unit;
    if (window.height != height || window.width != width)
      base::data_error("{}: {} x {} pixels; the others have {} x {}: `size` cuts them alike", where, window.height,
                       window.width, height, width);
    if (std::abs(arcsec - scale) > 1e-3)
      base::data_error("{}: {} arcsec a pixel; the others have {}: bands on other pixels are images of their own",
                       where, arcsec, scale);
    if (flux.unit != unit) base::data_error("{}: pixels in '{}'; the others are in '{}'", where, flux.unit, unit);
    if (!block) {
      block = modalities::make_images(1, bands, height, width, unit, scale, weight.has_value());
      block->present[0] = 1;
    }
    const auto pixels = kept.plane(band_settings[band].plane);
    const KeptImage<float>* weights = nullptr;
    const KeptImage<int64_t>* flags = nullptr;
    if (weight) {
      const auto at = place_of(*weight, text, band, base, place->first);
      if (!at) return;  // fluxes without their errors beside others with them would pass for exact
      weights = &images.at(at->first, at->second);
    }
    if (mask) {
      if (const auto at = place_of(*mask, text, band, base, place->first)) flags = &masks.at(at->first, at->second);
    }
    fill(band, window, pixels, weights, flags, flux.factor, *block);
    double psf = band_settings[band].psf_fwhm > 0 ? band_settings[band].psf_fwhm : settings.psf_fwhm;
    if (psf == 0 && !settings.psf_keyword.empty()) psf = kept.hdu->number(settings.psf_keyword).value_or(0);
    block->psf_fwhm_arcsec[band] = psf > 0 && psf < 3600 ? float(psf) : 0;
  }

  void fill(size_t band, const CutoutWindow& window, const ImagePlane<float>& pixels, const KeptImage<float>* weights,
            const KeptImage<int64_t>* flags, double factor, modalities::ImageBlock& block) const {
    const int64_t plane = band_settings[band].plane;
    const auto weight_plane = weights != nullptr ? weights->plane_like(pixels, plane) : ImagePlane<float>{};
    const auto flag_plane = flags != nullptr ? flags->plane_like(pixels, plane) : ImagePlane<int64_t>{};
    for (int64_t row = 0; row < window.height; ++row) {
      for (int64_t column = 0; column < window.width; ++column) {
        const int64_t y = window.top + row, x = window.left + column;
        if (y < 0 || x < 0 || y >= pixels.height || x >= pixels.width) continue;  // beyond the edge: masked
        const size_t from = size_t(y * pixels.width + x);
        const size_t to = (band * size_t(window.height) + size_t(row)) * size_t(window.width) + size_t(column);
        const float value = float(double(pixels.values[from]) * factor);
        float ivar = 1;
        if (weights != nullptr)
          ivar = weight_plane.valid[from] == 0 ? 0 : noise.ivar(weight_plane.values[from], factor, weights->where);
        const bool flagged =
            flags != nullptr && (flag_plane.valid[from] == 0 || noise.flagged(flag_plane.values[from]));
        const bool known = pixels.valid[from] != 0 && std::isfinite(value);
        const bool good = known && !flagged && ivar > 0;
        block.flux[to] = known ? value : 0;
        block.ivar[to] = good ? ivar : 0;
        block.mask[to] = !good;
      }
    }
  }
};

ImageReader::ImageReader(const std::string& modality, const MappedImage& settings, const fs::path& mapping_folder)
    : state_(std::make_unique<State>(modality, settings, mapping_folder)) {}
ImageReader::~ImageReader() = default;
ImageReader::ImageReader(ImageReader&&) noexcept = default;

std::vector<std::string> ImageReader::columns() const {
  std::vector<std::string> out;
  for (const auto& pattern : state_->files) out.insert(out.end(), pattern.columns().begin(), pattern.columns().end());
  for (const auto* pattern : {&state_->weight, &state_->mask}) {
    if (*pattern) out.insert(out.end(), (*pattern)->columns().begin(), (*pattern)->columns().end());
  }
  return out;
}

std::optional<modalities::ImageBlock> ImageReader::read(const RowText& text, const modalities::ObjectKey& object,
                                                        const fs::path& table_folder) {
  State& s = *state_;
  const fs::path& base = s.folder.empty() ? table_folder : s.folder;
  std::optional<modalities::ImageBlock> block;
  const bool first = s.height == 0;
  try {
    for (size_t band = 0; band < s.bands.size(); ++band) s.read_band(band, text, object, base, block);
  } catch (const base::DataError&) {
    if (first) s.height = 0;  // what cannot be read is no measure of the others
    throw;
  }
  if (!block) return std::nullopt;
  if (std::find(block->mask.begin(), block->mask.end(), 0) == block->mask.end()) {
    if (s.settings.optional) return std::nullopt;
    base::data_error("{}: not one good pixel", s.key);
  }
  return block;
}

}  // namespace asterism::data
