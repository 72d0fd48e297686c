#include "data/surveys/mapped_cube.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/quantile.h"
#include "data/surveys/cutout_window.h"
#include "data/surveys/fits_wcs.h"
#include "data/surveys/flux_density.h"
#include "data/surveys/spectral_axis.h"
#include "io/fits.h"
#include "modalities/all.h"
#include "modalities/cube.h"

namespace asterism::data {

namespace fs = std::filesystem;

void MappedCube::describe(config::Fields& f) {
  f.add("folder", folder, "of the files, from the mapping file on; default: the table's");
  f.add("file", file, "pattern of the files: {column}, [HDU]").required();
  describe_noise(f, "file or [HDU]");
  f.add("wavelength", wavelength, "file or [HDU] of a list; default: the header of the third axis");
  f.add("wavelength_unit", wavelength_unit, "where the file does not say it; default: Angstrom");
  f.add("medium", medium, "what the wavelengths are in").one_of({"vacuum", "air"});
  f.add("log10_wavelength", log10_wavelength, "the file has their logarithms");
  f.add("lsf", lsf, "file or [HDU]: Gaussian sigma of the line spread, in the unit of the wavelengths");
  f.add("resolving_power", resolving_power, "wavelength over full width at half maximum; 0: not known").between(0, 1e7);
  f.add("unit", unit, "of the fluxes, where the file does not say it (BUNIT)");
  f.add("to", to, "unit in the dataset; default: 1e-17 erg/s/cm^2/Angstrom for a flux density");
  f.add("scale", scale, "arcsec a spaxel, where the header has no world coordinates").between(0, 3600);
  f.add("size", size, "spaxels across, cut about the object; 0: the whole file").between(0, 4096);
  f.add("optional", optional, "objects whose file is not there lack the cube; else their row is bad");
  f.add("description", description, "one line");
}

namespace {

constexpr double kFwhmOfSigma = 2.3548200450309493;
constexpr int64_t kMostPlanes = 100'000;
constexpr int64_t kMostPixels = int64_t{1} << 28;  // of one object's cube

// An HDU of a file that stays open beside it.
struct OpenHdu {
  io::FitsFile file;
  io::FitsHdu hdu;
  std::string where;
};

OpenHdu open_hdu(const fs::path& path, const std::string& hdu, size_t axes) {
  const auto file = io::FitsFile::open(path);
  int at = 0;
  while (hdu.empty() && at < file.num_hdus() && file.hdu(at).shape().size() < axes) ++at;
  if (hdu.empty() && at == file.num_hdus())
    base::data_error("{}: no image of {} ax{}", file.name(), axes, axes == 1 ? "is" : "es");
  OpenHdu out{file, hdu.empty() ? file.hdu(at) : hdu_of(file, hdu), ""};
  out.where = path.string() + ", HDU " + (hdu.empty() ? std::to_string(at) : hdu);
  if (out.hdu.shape().size() < axes)
    base::data_error("{}: {} axes; a cube has {}", out.where, out.hdu.shape().size(), axes);
  return out;
}

// The part of a cube that is read: all planes, and the spaxels of a window that lie on it.
struct Part {
  CutoutWindow window;
  int64_t length = 0, height = 0, width = 0;  // of the file
  int64_t top = 0, left = 0, bottom = 0, right = 0;

  void place() {
    top = std::max<int64_t>(window.top, 0);
    left = std::max<int64_t>(window.left, 0);
    bottom = std::min(window.top + window.height, height);
    right = std::min(window.left + window.width, width);
  }
  template <class T>
  io::FitsValues<T> of(const OpenHdu& from) const {
    auto shape = from.hdu.shape();
    const std::vector<int64_t> whole = {length, height, width};
    const size_t more = shape.size() - std::min<size_t>(shape.size(), 3);  // axes of one plane before: Stokes, say
    if (std::any_of(shape.begin(), shape.begin() + int64_t(more), [](int64_t n) { return n != 1; }) ||
        !std::equal(shape.begin() + int64_t(more), shape.end(), whole.begin(), whole.end()))
      base::data_error("{}: not of {} x {} x {} pixels, as the fluxes are", from.where, length, height, width);
    std::vector<int64_t> begin(more, 0), end(more, 1);
    begin.insert(begin.end(), {0, top, left});
    end.insert(end.end(), {length, bottom, right});
    return from.hdu.image<T>(begin, end);
  }
};

}  // namespace

struct CubeReader::State {
  std::string key;
  MappedCube settings;
  fs::path folder;  // "": the table's
  FilePattern file;
  PixelNoise noise;
  std::optional<FilePattern> weight, mask, wavelength, lsf;
  // Of the first object, which the others must be like; 0: none was read.
  int64_t length = 0, height = 0, width = 0;
  double scale = 0;
  std::string unit;

  State(const std::string& modality, const MappedCube& given, const fs::path& mapping_folder)
      : key("[cubes." + modality + "]"), settings(given), file(given.file, key + " file"), noise(given, key) {
    if (!file.names_a_file()) base::user_error("{}: `file` names no file", key);
    if (given.resolving_power > 0 && !given.lsf.empty())
      base::user_error("{}: `lsf` or `resolving_power`, not both", key);
    if (given.log10_wavelength && !given.lsf.empty())
      base::user_error("{}: `lsf` beside logarithms of wavelengths has no unit: give `resolving_power`", key);
    if (given.size > 0 && given.scale > 0)
      base::user_error("{}: `size` cuts by world coordinates, which say the `scale`", key);
    const auto* known = modalities::find(modality);
    if (known != nullptr && known->kind != "cube")
      base::user_error("{}: {} is of kind {}: give the cubes another name", key, modality, known->kind);
    const auto pattern = [&](std::optional<FilePattern>& of, const std::string& text, const char* name) {
      if (!text.empty()) of.emplace(text, key + " " + name);
    };
    pattern(weight, noise.name(), "ivar, variance or error");
    pattern(mask, given.mask, "mask");
    pattern(wavelength, given.wavelength, "wavelength");
    pattern(lsf, given.lsf, "lsf");
    if (!given.folder.empty()) folder = mapping_folder / given.folder;
  }

  // What a pattern names for this object, beside its cube; nothing where that is not there.
  std::optional<OpenHdu> beside(const std::optional<FilePattern>& pattern, const RowText& text, const fs::path& base,
                                const fs::path& own, size_t axes) const {
    if (!pattern) return std::nullopt;
    const auto reference = pattern->of(text, "");
    if (!reference) base::data_error("{}: the row does not name all files of the cube {}", key, own.string());
    if (reference->path.empty()) return open_hdu(own, reference->hdu, axes);
    return open_hdu(*find_file(base, *reference, false, key), reference->hdu, axes);
  }

  Part part_of(const OpenHdu& flux, const modalities::ObjectKey& object) const {
    const auto& shape = flux.hdu.shape();
    Part out;
    out.width = shape.back();
    out.height = shape[shape.size() - 2];
    out.length = shape[shape.size() - 3];
    if (out.length < 1 || out.length > kMostPlanes || out.height < 1 || out.width < 1)
      base::data_error("{}: {} x {} x {} pixels", flux.where, out.length, out.height, out.width);
    if (settings.size > 0)
      out.window = cutout_window(flux.hdu, out.height, out.width, settings.size, object, flux.where);
    else
      out.window = {0, 0, out.height, out.width,
                    settings.scale > 0 ? astro::TangentWcs{} : wcs_of(flux.hdu, flux.where)};
    if (out.window.height * out.window.width > kMostPixels / out.length)
      base::data_error("{}: {} x {} x {} pixels of one object, more than 2^28: `size` cuts about it", flux.where,
                       out.length, out.window.height, out.window.width);
    out.place();
    return out;
  }

  // The axis in the order of the planes.
  SpectralAxis axis_of(const OpenHdu& flux, const std::optional<OpenHdu>& list, int64_t n) const {
    if (!list) return spectral_axis(flux.hdu, 3, n, flux.where);
    const auto told = list->hdu.image<double>();
    if (int64_t(told.values.size()) != n)
      base::data_error("{}: {} wavelengths for {} planes", list->where, told.values.size(), n);
    return {told.values, list->hdu.text("BUNIT").value_or(""), false, false};
  }

  void must_be_like(const modalities::CubeBlock& cube, const std::string& where) {
    if (length == 0) {
      length = cube.length, height = cube.height, width = cube.width;
      scale = cube.pixel_scale_arcsec, unit = cube.unit;
    }
    if (cube.length != length) base::data_error("{}: {} planes; the other cubes have {}", where, cube.length, length);
    if (cube.height != height || cube.width != width)
      base::data_error("{}: {} x {} spaxels; the others have {} x {}: `size` cuts them alike", where, cube.height,
                       cube.width, height, width);
    if (std::abs(cube.pixel_scale_arcsec - scale) > 1e-3)
      base::data_error("{}: {} arcsec a spaxel; the others have {}", where, cube.pixel_scale_arcsec, scale);
    if (cube.unit != unit) base::data_error("{}: fluxes in '{}'; the others are in '{}'", where, cube.unit, unit);
  }

  // Line spread of each plane: its own number, or the median of its spaxels.
  void add_line_spread(const OpenHdu& told, const Part& part, double to_angstrom, bool backwards,
                       modalities::CubeBlock& cube) const {
    const bool list = told.hdu.shape().size() == 1;
    const auto sigma = list ? told.hdu.image<float>() : part.of<float>(told);
    const size_t n = size_t(cube.length), each = sigma.values.size() / n;
    if (sigma.values.size() % n != 0 || each == 0)
      base::data_error("{}: {} numbers for {} planes", told.where, sigma.values.size(), n);
    std::vector<float> known;
    for (size_t k = 0; k < n; ++k) {
      known.clear();
      for (size_t i = k * each; i < (k + 1) * each; ++i) {
        if (sigma.valid[i] != 0 && sigma.values[i] > 0) known.push_back(sigma.values[i]);
      }
      if (!known.empty()) cube.lsf_sigma_angstrom[backwards ? n - 1 - k : k] = float(base::middle(known) * to_angstrom);
    }
  }

  // Wavelengths, rising; whether the planes of the file fall.
  bool fill_wavelengths(const std::vector<double>& angstrom, const std::string& where,
                        modalities::CubeBlock& cube) const {
    const size_t n = angstrom.size();
    const bool backwards = n > 1 && angstrom.front() > angstrom.back();
    for (size_t k = 0; k < n; ++k) {
      const size_t from = backwards ? n - 1 - k : k;
      const double at = angstrom[from];
      float* out = cube.wavelength_angstrom.data() + k;
      *out = float(at);
      if (!(at > 0 && at < 1e13) || (k > 0 && !(out[0] > out[-1])))
        base::data_error("{}, plane {}: wavelength {} Angstrom: they want to rise or fall from plane to plane", where,
                         from, at);
      if (settings.resolving_power > 0)
        cube.lsf_sigma_angstrom[k] = float(at / settings.resolving_power / kFwhmOfSigma);
    }
    return backwards;
  }

  struct Sources {
    OpenHdu flux;
    std::optional<OpenHdu> weight, mask;
  };

  // Fluxes, inverse variances and masks of the window; the number of good pixels.
  int64_t fill(const Sources& from, const Part& part, const FluxDensity& density, bool backwards,
               modalities::CubeBlock& cube) const {
    const auto flux = part.of<float>(from.flux);
    const auto weight = from.weight ? part.of<float>(*from.weight) : io::FitsValues<float>{};
    const auto flags = from.mask ? part.of<int64_t>(*from.mask) : io::FitsValues<int64_t>{};
    int64_t good_pixels = 0;
    size_t at = 0;
    for (int64_t plane = 0; plane < cube.length; ++plane) {
      const int64_t k = backwards ? cube.length - 1 - plane : plane;
      const double factor = density.at(cube.wavelength_angstrom[size_t(k)]);
      for (int64_t y = part.top; y < part.bottom; ++y) {
        size_t to = size_t((k * cube.height + y - part.window.top) * cube.width + part.left - part.window.left);
        for (int64_t x = part.left; x < part.right; ++x, ++at, ++to) {
          const float value = float(double(flux.values[at]) * factor);
          float ivar = 1;
          if (from.weight) ivar = weight.valid[at] == 0 ? 0 : noise.ivar(weight.values[at], factor, from.weight->where);
          const bool flagged = from.mask && (flags.valid[at] == 0 || noise.flagged(flags.values[at]));
          const bool known = flux.valid[at] != 0 && std::isfinite(value), good = known && !flagged && ivar > 0;
          cube.flux[to] = known ? value : 0;
          cube.ivar[to] = good ? ivar : 0;
          cube.mask[to] = !good;
          good_pixels += good;
        }
      }
    }
    return good_pixels;
  }
};

CubeReader::CubeReader(const std::string& modality, const MappedCube& settings, const fs::path& mapping_folder)
    : state_(std::make_unique<State>(modality, settings, mapping_folder)) {}
CubeReader::~CubeReader() = default;
CubeReader::CubeReader(CubeReader&&) noexcept = default;

std::vector<std::string> CubeReader::columns() const {
  std::vector<std::string> out = state_->file.columns();
  for (const auto* pattern : {&state_->weight, &state_->mask, &state_->wavelength, &state_->lsf}) {
    if (*pattern) out.insert(out.end(), (*pattern)->columns().begin(), (*pattern)->columns().end());
  }
  return out;
}

std::optional<modalities::CubeBlock> CubeReader::read(const RowText& text, const modalities::ObjectKey& object,
                                                      const fs::path& table_folder) {
  State& s = *state_;
  const auto reference = s.file.of(text, "");
  if (!reference) return std::nullopt;
  const fs::path& base = s.folder.empty() ? table_folder : s.folder;
  const auto path = find_file(base, *reference, s.settings.optional, s.key);
  if (!path) return std::nullopt;
  const State::Sources from{open_hdu(*path, reference->hdu, 3), s.beside(s.weight, text, base, *path, 3),
                            s.beside(s.mask, text, base, *path, 3)};
  const std::string& where = from.flux.where;
  const Part part = s.part_of(from.flux, object);
  const WavelengthWords words{s.settings.wavelength_unit, s.settings.medium == "air", s.settings.log10_wavelength};
  const auto axis = s.axis_of(from.flux, s.beside(s.wavelength, text, base, *path, 1), part.length);
  const auto density = flux_density(from.flux.hdu.text("BUNIT").value_or(""), s.settings.unit, s.settings.to, where);
  const double arcsec =
      s.settings.scale > 0 ? s.settings.scale : std::round(part.window.wcs.pixel_scale_arcsec() * 1e4) / 1e4;
  auto cube = modalities::make_cubes(1, part.length, part.window.height, part.window.width, density.unit, arcsec);
  cube.present[0] = 1;
  const bool backwards = s.fill_wavelengths(vacuum_angstrom(axis, words, where), where, cube);
  if (const auto lsf = s.beside(s.lsf, text, base, *path, 1))
    s.add_line_spread(*lsf, part, angstrom_factor(axis, words, where), backwards, cube);
  if (s.fill(from, part, density, backwards, cube) == 0) {
    if (s.settings.optional) return std::nullopt;
    base::data_error("{}: not one good pixel", where);
  }
  s.must_be_like(cube, where);
  return cube;
}

}  // namespace asterism::data
