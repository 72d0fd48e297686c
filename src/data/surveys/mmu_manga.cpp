#include "data/surveys/mmu_manga.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/error.h"
#include "data/surveys/row_import.h"
#include "data/surveys/sdss_spectrum.h"
#include "io/hdf5.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/map.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr double kSpaxelArcsec = 0.5;
constexpr int64_t kMostSide = 1024;

bool is_hdf5(const std::string& name) { return name.ends_with(".hdf5") || name.ends_with(".h5"); }

struct Unit {
  size_t file = 0;
  std::string group;
};

// The square that n spaxels fill.
int64_t side_of(int64_t n, const std::string& where) {
  const auto side = int64_t(std::llround(std::sqrt(double(n))));
  if (side < 1 || side > kMostSide || side * side != n) base::data_error("{}: {} spaxels are no square", where, n);
  return side;
}

modalities::CubeBlock read_cube(io::Hdf5File& file, const std::string& group) {
  const std::string table = group + "/spaxels.", where = file.name() + ", " + group + "/spaxels";
  const auto& shape = file.need(table + "flux").shape;
  if (shape.size() != 2 || shape[1] < 1) base::data_error("{}: a spectrum a row is wanted", where);
  const int64_t n = shape[0], length = shape[1], side = side_of(n, where);
  const char* lsf_name = file.find(table + "lsf_sigma") != nullptr ? "lsf_sigma" : "lsf";
  for (const char* name : {"ivar", "lambda", lsf_name}) {
    if (file.need(table + name).shape != shape) base::data_error("{}: {} and flux have different shapes", where, name);
  }
  for (const char* name : {"x", "y"})
    if (file.need(table + name).shape != std::vector<int64_t>{n})
      base::data_error("{}: {} has not one number for each of the {} spectra", where, name, n);
  const auto x = file.read<int64_t>(table + "x"), y = file.read<int64_t>(table + "y");
  const auto wavelength = file.read<float>(table + "lambda", 0, 1), sigma = file.read<float>(table + lsf_name);
  auto cube = modalities::make_cubes(1, length, side, side, "1e-17 erg/s/cm^2/Angstrom", kSpaxelArcsec);
  cube.present[0] = 1;
  std::copy(wavelength.begin(), wavelength.end(), cube.wavelength_angstrom.begin());
  for (int64_t k = 0; k < length; ++k) {  // the line spread is that of the spaxel that knows it best: all are alike
    for (int64_t i = 0; i < n && cube.lsf_sigma_angstrom[size_t(k)] == 0; ++i) {
      const float s = sigma[size_t(i * length + k)];
      if (std::isfinite(s) && s > 0) cube.lsf_sigma_angstrom[size_t(k)] = s;
    }
  }
  const auto flux = file.read<float>(table + "flux"), ivar = file.read<float>(table + "ivar");
  std::set<int64_t> seen;
  for (int64_t i = 0; i < n; ++i) {
    if (x[size_t(i)] < 0 || x[size_t(i)] >= side || y[size_t(i)] < 0 || y[size_t(i)] >= side ||
        !seen.insert(y[size_t(i)] * side + x[size_t(i)]).second)
      base::data_error("{}, row {}: spaxel ({}, {})", where, i, x[size_t(i)], y[size_t(i)]);
    for (int64_t k = 0; k < length; ++k) {
      const size_t from = size_t(i * length + k), to = size_t((k * side + y[size_t(i)]) * side + x[size_t(i)]);
      if (ivar[from] < 0) base::data_error("{}, row {}, pixel {}: inverse variance {}", where, i, k, ivar[from]);
      const bool good = std::isfinite(flux[from]) && std::isfinite(ivar[from]) && ivar[from] > 0;
      cube.flux[to] = std::isfinite(flux[from]) ? flux[from] : 0;
      cube.ivar[to] = good ? ivar[from] : 0;
      cube.mask[to] = !good;
    }
  }
  return cube;
}

modalities::ImageBlock read_image(io::Hdf5File& file, const std::string& group) {
  const std::string table = group + "/images.", where = file.name() + ", " + group + "/images";
  const auto& shape = file.need(table + "image_array").shape;
  if (shape.size() != 3 || shape[0] < 1 || shape[1] > kMostSide || shape[2] > kMostSide)
    base::data_error("{}: an image a row is wanted", where);
  std::vector<modalities::Band> bands;
  for (const auto& name : file.read_texts(table + "image_band", 0, shape[0])) bands.push_back({"manga-" + name, 0, 0});
  const auto values = file.read<float>(table + "image_array");
  auto out = modalities::make_images(1, bands, shape[1], shape[2], "nanomaggy", kSpaxelArcsec, false);
  out.present[0] = 1;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool good = std::isfinite(values[i]) && values[i] != 0;  // padding, and spaxels outside the fibres, are 0
    out.flux[i] = good ? values[i] : 0;
    out.mask[i] = !good;
    out.ivar[i] = good ? 1 : 0;
  }
  return out;
}

// Both blocks of maps: with and without a variance.
struct Maps {
  modalities::MapBlock measured, geometry;
};

Maps read_maps(io::Hdf5File& file, const std::string& group) {
  const std::string table = group + "/maps.", where = file.name() + ", " + group + "/maps";
  const auto& shape = file.need(table + "array").shape;
  if (shape.size() != 3 || shape[0] < 1 || shape[1] > kMostSide || shape[2] > kMostSide ||
      file.need(table + "ivar").shape != shape || file.need(table + "mask").shape != shape)
    base::data_error("{}: array, ivar and mask of one shape are wanted", where);
  const auto labels = file.read_texts(table + "label", 0, shape[0]),
             units = file.read_texts(table + "array_units", 0, shape[0]);
  const auto value = file.read<float>(table + "array"), ivar = file.read<float>(table + "ivar"),
             mask = file.read<float>(table + "mask");
  const size_t plane = size_t(shape[1] * shape[2]);
  std::vector<size_t> with, without;
  for (size_t k = 0; k < size_t(shape[0]); ++k) {
    const auto first = std::ptrdiff_t(k * plane), last = std::ptrdiff_t((k + 1) * plane);
    const bool known = std::any_of(ivar.begin() + first, ivar.begin() + last, [](float v) { return v > 0; });
    (known ? with : without).push_back(k);
  }
  const auto block = [&](const std::vector<size_t>& rows, bool has_ivar) {
    std::vector<modalities::MapLayer> layers;
    layers.reserve(rows.size());
    for (const size_t k : rows) layers.push_back({labels[k], units[k]});
    auto out = modalities::make_maps(1, layers, shape[1], shape[2], kSpaxelArcsec, false, has_ivar);
    out.present[0] = !rows.empty();
    for (size_t r = 0; r < rows.size(); ++r) {
      for (size_t i = 0; i < plane; ++i) {
        const size_t from = rows[r] * plane + i, to = r * plane + i;
        const bool number = std::isfinite(value[from]);
        const bool good = number && (!has_ivar || (mask[from] == 0 && std::isfinite(ivar[from]) && ivar[from] > 0));
        out.value[to] = number ? value[from] : 0;
        out.ivar[to] = good ? (has_ivar ? ivar[from] : 1) : 0;
        out.mask[to] = !good;
      }
    }
    return out;
  };
  return {block(with, true), block(without, false)};
}

class MmuMangaImport : public RowImport {
 public:
  MmuMangaImport(std::vector<fs::path> files, BadRows& bad) : RowImport(bad, 1), files_(std::move(files)) {
    for (size_t i = 0; i < files_.size(); ++i) {
      try {
        add_units(i, io::Hdf5File::open(files_[i]));
      } catch (const base::DataError& error) {
        bad.add(files_[i].string(), "", error.what());
      }
    }
    set_rows(int64_t(units_.size()));
  }
  MmuMangaImport(io::Hdf5File file, BadRows& bad) : RowImport(bad, 1), files_{file.name()}, given_(true) {
    add_units(0, file);
    set_rows(int64_t(units_.size()));
    file_.emplace(std::move(file));
  }

  DatasetInfo info() const override {
    return {.name = "mmu_manga",
            .title = "Multimodal Universe: MaNGA cubes, images and maps",
            .description =
                "Published rows in Asterism's units and masks. The published spaxel masks hold fluxes and are left "
                "aside: a pixel is good where its inverse variance is positive.",
            .provenance = "Multimodal Universe tables, imported by asterism " ASTERISM_VERSION,
            .licence = "BSD-3-Clause",
            .citation = "The Multimodal Universe Collaboration 2024, arXiv:2412.02527; Bundy et al. 2015, ApJ 798, 7",
            .acknowledgement = "Funding for SDSS-IV: see https://www.sdss4.org/collaboration/citing-sdss/",
            .columns = {}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const Unit& unit = units_[size_t(row)];
    if (!file_ || open_ != unit.file) {
      file_.reset();
      file_.emplace(io::Hdf5File::open(files_[unit.file]));
      open_ = unit.file;
    }
    try {
      return read_object(unit);
    } catch (const base::DataError&) {
      if (!given_) file_.reset();  // its process may be gone
      throw;
    }
  }
  Place place_of(int64_t row) const override {
    return {files_[units_[size_t(row)].file].string(), units_[size_t(row)].group};
  }

 private:
  void add_units(size_t i, const io::Hdf5File& file) {
    for (const auto& d : file.datasets()) {
      if (d.path.ends_with("/spaxels.flux")) units_.push_back({i, d.path.substr(0, d.path.rfind('/'))});
    }
  }

  modalities::Batch read_object(const Unit& unit) {
    const std::string where = file_->name() + ", " + unit.group;
    const auto ra = file_->read<double>(unit.group + "/ra"), dec = file_->read<double>(unit.group + "/dec");
    const auto z = file_->read<double>(unit.group + "/z");
    if (ra.size() != 1 || dec.size() != 1 || z.size() != 1) base::data_error("{}: one ra, dec and z are wanted", where);
    const auto position = checked_position(ra[0], dec[0], where);
    modalities::Batch batch;
    batch.objects.push_back({"manga", unit.group, true, position.ra_deg, position.dec_deg});
    batch.blocks.emplace("cube_manga", read_cube(*file_, unit.group));
    batch.blocks.emplace("image_manga", read_image(*file_, unit.group));
    Maps maps = read_maps(*file_, unit.group);
    if (!maps.measured.layers.empty()) batch.blocks.emplace("maps_manga", std::move(maps.measured));
    if (!maps.geometry.layers.empty()) batch.blocks.emplace("maps_manga_geometry", std::move(maps.geometry));
    add_scalar(batch, "redshift", std::isfinite(z[0]) && z[0] > 0 ? std::optional(z[0]) : std::nullopt);
    return batch;
  }

  std::vector<fs::path> files_;
  std::vector<Unit> units_;
  std::optional<io::Hdf5File> file_;
  size_t open_ = 0;
  bool given_ = false;  // file_ is all there is, and cannot be opened again
};

}  // namespace

std::unique_ptr<SurveyImport> open_mmu_manga(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return std::make_unique<MmuMangaImport>(files_of(inputs, is_hdf5, "HDF5 files"), bad);
}

std::unique_ptr<SurveyImport> import_mmu_manga(io::Hdf5File file, BadRows& bad) {
  return std::make_unique<MmuMangaImport>(std::move(file), bad);
}

}  // namespace asterism::data
