#include "data/surveys/hsc_sim_blends.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "astro/filter.h"
#include "astro/photometry.h"
#include "base/error.h"
#include "data/surveys/row_import.h"
#include "data/surveys/sdss_spectrum.h"
#include "io/npz.h"
#include "modalities/catalog.h"
#include "modalities/image.h"
#include "modalities/map.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr double kZeroPoint = 27.0, kPixelArcsec = 0.168, kMatchPixels = 2;
constexpr int64_t kBands = 5, kMostPixels = 4096, kMostPeaks = 10000;
constexpr int64_t kBadBits = (1 << 0) | (1 << 1) | (1 << 8);
const std::string kLetters = "grizy";

bool is_npz(const std::string& name) { return name.ends_with(".npz"); }

std::vector<modalities::Band> bands() {
  std::vector<modalities::Band> out;
  for (const char letter : kLetters) {
    const auto& curve = astro::filter(std::string("hsc2017-") + letter);
    out.push_back({std::string("hsc-") + letter, curve.effective_wavelength(), curve.full_width_half_maximum()});
  }
  return out;
}

// A column of catalog_blend out of the truth table.
struct Truth {
  const char *column, *unit, *field;
};
constexpr Truth kTruths[] = {{"MAG_U", "mag", "umagVar"},
                             {"MAG_G", "mag", "gmagVar"},
                             {"MAG_R", "mag", "rmagVar"},
                             {"MAG_I", "mag", "imagVar"},
                             {"MAG_Z", "mag", "zmagVar"},
                             {"MAG_Y", "mag", "ymagVar"},
                             {"REDSHIFT", "", "redshift"},
                             {"DISK_R", "arcsec", "DiskHalfLightRadius"},
                             {"BULGE_R", "arcsec", "BulgeHalfLightRadius"}};

std::vector<modalities::CatalogColumn> columns() {
  std::vector<modalities::CatalogColumn> out = {{"X", "pixel"}, {"Y", "pixel"}, {"MATCHED", ""}, {"STAR", ""}};
  for (const Truth& truth : kTruths) out.push_back({truth.column, truth.unit});
  return out;
}

struct Size {
  int64_t height = 0, width = 0;
};

Size size_of(const io::NpzFile& file, const std::string& where) {
  const auto footprint = file.read("footprint");
  if (footprint.shape.size() != 2 || footprint.shape[0] < 1 || footprint.shape[1] < 1 ||
      footprint.shape[0] > kMostPixels || footprint.shape[1] > kMostPixels)
    base::data_error("{}, footprint: an image of at most {} x {} pixels is wanted", where, kMostPixels, kMostPixels);
  return {footprint.shape[0], footprint.shape[1]};
}

Size psf_size_of(const io::NpzFile& file, const std::string& where) {
  const auto array = file.read("psfs");
  if (array.shape.size() != 3 || array.shape[0] != kBands || array.shape[1] < 1 || array.shape[2] < 1 ||
      array.shape[1] > kMostPixels || array.shape[2] > kMostPixels)
    base::data_error("{}, psfs: five images are wanted", where);
  return {array.shape[1], array.shape[2]};
}

template <class T>
std::vector<T> cube_of(const io::NpzFile& file, const char* name, Size size, const std::string& where) {
  const auto array = file.read(name);
  if (array.shape != std::vector<int64_t>{kBands, size.height, size.width})
    base::data_error("{}, {}: 5 x {} x {} values are wanted, as the footprint has", where, name, size.height,
                     size.width);
  return array.values<T>();
}

// The width of the circle that has as many pixels as lie above half of the maximum; 0 for an image that is none.
double half_maximum_pixels(const float* psf, size_t n) {
  const float peak = *std::max_element(psf, psf + n);
  if (!(peak > 0) || !std::isfinite(peak)) return 0;
  double area = 0;  // pixels near the half count in part
  for (size_t i = 0; i < n; ++i) area += std::clamp(double(psf[i] / peak - 0.375f) / 0.25, 0.0, 1.0);
  return 2 * std::sqrt(area / 3.14159265358979323846);
}

class BlendsImport : public RowImport {
 public:
  BlendsImport(std::vector<fs::path> files, BadRows& bad) : RowImport(bad, 8) {
    for (auto& path : files) {
      try {
        const auto file = io::NpzFile::open(path);
        const Size size = size_of(file, path.string()), psf = psf_size_of(file, path.string());
        largest_ = {std::max(largest_.height, size.height), std::max(largest_.width, size.width)};
        psf_ = {std::max(psf_.height, psf.height), std::max(psf_.width, psf.width)};
        files_.push_back(std::move(path));
      } catch (const base::DataError& error) {
        bad.add(path.string(), "", error.what());
      }
    }
    set_rows(int64_t(files_.size()));
  }

  DatasetInfo info() const override {
    return {.name = "hsc_sim_blends",
            .title = "Simulated HSC-like blends with truth",
            .description =
                "Simulated. Blends padded to one size and masked there; truth for the matched peaks alone (60 of 276): "
                "score fluxes and colours of those, not images. Unmatched neighbours contaminate apertures.",
            .provenance = "scarlet test set (LSST CatSim), imported by asterism " ASTERISM_VERSION,
            .licence = "MIT (the repository the files come from)",
            .citation = "Melchior et al. 2018, Astronomy and Computing 24, 129",
            .acknowledgement = "",
            .columns = {{"num_peaks", {"peaks that were detected in the blend", "meta.number"}},
                        {"num_matched", {"peaks whose truth is known", "meta.number"}},
                        {"psf_hsc", {"point-spread function in each band; sum 1", "instr.det.psf"}},
                        {"maps_footprint", {"1 where a pixel belongs to the blend", "obs.image"}},
                        {"maps_mask_planes", {"LSST mask bits of each band, combined", "meta.code"}}}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const fs::path& path = files_[size_t(row)];
    const std::string where = path.string();
    const auto file = io::NpzFile::open(path);
    const Size size = size_of(file, where);
    modalities::Batch batch;
    modalities::ObjectKey key{"hsc_sim", path.stem().string(), false, 0, 0};
    auto image = modalities::make_images(1, bands(), largest_.height, largest_.width, "nanomaggy", kPixelArcsec, true);
    image.present[0] = 1;
    batch.blocks.emplace("psf_hsc", read_psf(file, where, image));
    fill_images(file, size, where, image, batch);
    batch.blocks.emplace("image_hsc", std::move(image));
    add_peaks(file, size, where, key, batch);
    batch.objects.push_back(key);
    return batch;
  }
  Place place_of(int64_t row) const override { return {files_[size_t(row)].string(), "0"}; }

 private:
  // Smaller PSFs than the largest of the import stand in its middle, masked around.
  modalities::ImageBlock read_psf(const io::NpzFile& file, const std::string& where,
                                  modalities::ImageBlock& image) const {
    const auto array = file.read("psfs");
    const Size size = psf_size_of(file, where);
    const auto values = array.values<float>();
    auto out = modalities::make_images(1, bands(), psf_.height, psf_.width, "", kPixelArcsec, false);
    out.present[0] = 1;
    const int64_t down = (psf_.height - size.height) / 2, right = (psf_.width - size.width) / 2;
    for (int64_t b = 0; b < kBands; ++b) {
      for (int64_t i = 0; i < size.height * size.width; ++i) {
        const float value = values[size_t(b * size.height * size.width + i)];
        const size_t to = size_t((b * psf_.height + down + i / size.width) * psf_.width + right + i % size.width);
        const bool good = std::isfinite(value);
        out.flux[to] = good ? value : 0;
        out.mask[to] = !good;
        out.ivar[to] = good ? 1 : 0;
      }
    }
    const size_t plane = size_t(out.height * out.width);
    for (size_t b = 0; b < size_t(kBands); ++b)
      image.psf_fwhm_arcsec[b] = float(half_maximum_pixels(out.flux.data() + b * plane, plane) * kPixelArcsec);
    return out;
  }

  void fill_images(const io::NpzFile& file, Size size, const std::string& where, modalities::ImageBlock& image,
                   modalities::Batch& batch) const {
    const auto flux = cube_of<float>(file, "images", size, where),
               variance = cube_of<float>(file, "variance", size, where);
    const auto planes = cube_of<int64_t>(file, "mask", size, where);
    const auto footprint = file.read("footprint").values<int64_t>();
    std::vector<modalities::MapLayer> layers;
    for (const char letter : kLetters) layers.push_back({std::string("hsc-") + letter, ""});
    auto bits = modalities::make_maps(1, layers, largest_.height, largest_.width, kPixelArcsec, true, false);
    auto inside =
        modalities::make_maps(1, {{"footprint", ""}}, largest_.height, largest_.width, kPixelArcsec, true, false);
    bits.present[0] = inside.present[0] = 1;
    const double factor = astro::nanomaggy_of_counts(1, kZeroPoint);
    for (int64_t b = 0; b < kBands; ++b) {
      for (int64_t y = 0; y < size.height; ++y) {
        for (int64_t x = 0; x < size.width; ++x) {
          const size_t from = size_t((b * size.height + y) * size.width + x);
          const size_t to = size_t((b * largest_.height + y) * largest_.width + x);
          if (variance[from] < 0) base::data_error("{}, variance, value {}: {}", where, from, variance[from]);
          if (planes[from] < 0 || planes[from] > modalities::kGreatestLabel)
            base::data_error("{}, mask, value {}: {}; 0 to 2^24 are allowed", where, from, planes[from]);
          const double value = double(flux[from]) * factor, weight = 1 / (double(variance[from]) * factor * factor);
          const bool known = std::isfinite(float(value));
          const bool good =
              known && std::isfinite(float(weight)) && float(weight) > 0 && (planes[from] & kBadBits) == 0;
          image.flux[to] = known ? float(value) : 0;
          image.ivar[to] = good ? float(weight) : 0;
          image.mask[to] = !good;
          bits.value[to] = float(planes[from]);
          bits.mask[to] = 0;
          bits.ivar[to] = 1;
          if (b != 0) continue;
          inside.value[to] = footprint[from] != 0 ? 1 : 0;
          inside.mask[to] = 0;
          inside.ivar[to] = 1;
        }
      }
    }
    batch.blocks.emplace("maps_footprint", std::move(inside));
    batch.blocks.emplace("maps_mask_planes", std::move(bits));
  }

  static void add_peaks(const io::NpzFile& file, Size size, const std::string& where, modalities::ObjectKey& key,
                        modalities::Batch& batch) {
    const auto centers = file.read("centers");
    if (centers.shape.size() != 2 || centers.shape[1] != 2 || centers.shape[0] < 1 || centers.shape[0] > kMostPeaks)
      base::data_error("{}, centers: pairs of row and column are wanted", where);
    const auto peaks = centers.values<double>();
    const auto matched = file.read("matched");
    const int64_t n = centers.shape[0], num_matched = matched.num_items();
    auto list = modalities::make_catalogs(1, n, columns());
    list.present[0] = 1;
    list.count[0] = int32_t(n);
    const auto set = [&](size_t column, int64_t peak, double value) {
      if (!std::isfinite(float(value))) return;
      list.value[column * size_t(n) + size_t(peak)] = float(value);
      list.mask[column * size_t(n) + size_t(peak)] = 0;
    };
    for (int64_t i = 0; i < n; ++i) {
      const double y = peaks[size_t(2 * i)], x = peaks[size_t(2 * i + 1)];
      if (!(y >= 0 && y < double(size.height) && x >= 0 && x < double(size.width)))
        base::data_error("{}, centers, row {}: ({}, {}) lies outside {} x {} pixels", where, i, y, x, size.height,
                         size.width);
      set(0, i, x);
      set(1, i, y);
      set(2, i, 0);
    }
    const auto x = matched.values<double>("x"), y = matched.values<double>("y");
    const auto ra = matched.values<double>("raJ2000"), dec = matched.values<double>("decJ2000");
    const auto type = matched.texts("sourceType");
    for (int64_t m = 0; m < num_matched; ++m) {
      const size_t s = size_t(m);
      int64_t nearest = 0;
      const auto distance = [&](int64_t i) {
        return std::hypot(peaks[size_t(2 * i)] - y[s], peaks[size_t(2 * i + 1)] - x[s]);
      };
      for (int64_t i = 1; i < n; ++i) {
        if (distance(i) < distance(nearest)) nearest = i;
      }
      if (!(distance(nearest) <= kMatchPixels))
        base::data_error("{}, matched, row {}: no peak near pixel ({}, {})", where, m, x[s], y[s]);
      set(2, nearest, 1);
      set(3, nearest, type[s] == "star" ? 1 : 0);
      for (size_t t = 0; t < std::size(kTruths); ++t) set(4 + t, nearest, matched.values<double>(kTruths[t].field)[s]);
      if (key.has_position) continue;
      const auto position = checked_position(ra[s] / astro::kDegree, dec[s] / astro::kDegree, where);
      key = {key.survey, key.id, true, position.ra_deg, position.dec_deg};
    }
    batch.blocks.emplace("catalog_blend", std::move(list));
    add_scalar(batch, "num_peaks", double(n));
    add_scalar(batch, "num_matched", double(num_matched));
  }

  std::vector<fs::path> files_;
  Size largest_, psf_;
};

}  // namespace

std::unique_ptr<SurveyImport> open_hsc_sim_blends(const std::vector<fs::path>& inputs, const ImportOptions&,
                                                  BadRows& bad) {
  return std::make_unique<BlendsImport>(files_of(inputs, is_npz, "blends (*.npz)"), bad);
}

}  // namespace asterism::data
