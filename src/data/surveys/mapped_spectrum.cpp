#include "data/surveys/mapped_spectrum.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "data/surveys/flux_density.h"
#include "data/surveys/spectrum_columns.h"
#include "modalities/all.h"
#include "modalities/spectrum.h"

namespace asterism::data {

namespace fs = std::filesystem;

void MappedSpectrum::describe(config::Fields& f) {
  f.add("folder", folder, "of the files, from the mapping file on; default: the table's");
  f.add("file", file, "pattern of the files: {column}, [HDU]").required();
  f.add("row", row, "of a file with many spectra: a pattern of a number, counted from 0");
  f.add("wavelength", wavelength, "column, or HDU beside an image");
  f.add("wavelength_unit", wavelength_unit, "where the file does not say it; default: Angstrom");
  f.add("medium", medium, "what the wavelengths are in").one_of({"vacuum", "air"});
  f.add("log10_wavelength", log10_wavelength, "the file has their logarithms");
  f.add("flux", flux, "column; none: the file is an image");
  describe_noise(f, "column, or HDU beside an image");
  f.add("lsf", lsf, "Gaussian sigma of the line spread, in the unit of the wavelengths, likewise");
  f.add("resolving_power", resolving_power, "wavelength over full width at half maximum; 0: not known").between(0, 1e7);
  f.add("unit", unit, "of the fluxes, where the file does not say it");
  f.add("to", to, "unit in the dataset; default: 1e-17 erg/s/cm^2/Angstrom for a flux density");
  f.add("optional", optional, "objects whose file is not there lack the spectrum; else their row is bad");
  f.add("description", description, "one line");
}

namespace {

constexpr double kSigmaOfFwhm = 2.3548200450309493;

}  // namespace

struct SpectrumReader::State {
  std::string key;
  MappedSpectrum settings;
  fs::path folder;  // "": the table's
  FilePattern file;
  std::optional<FilePattern> row;
  PixelNoise noise;
  std::string unit;  // of the first spectrum, which the others share

  State(const std::string& modality, const MappedSpectrum& given, const fs::path& mapping_folder)
      : key("[spectra." + modality + "]"), settings(given), file(given.file, key + " file"), noise(given, key) {
    if (!file.names_a_file()) base::user_error("{}: `file` names no file", key);
    if (!given.flux.empty() && given.wavelength.empty())
      base::user_error("{}: `flux` is a column of a table: `wavelength` wants one too", key);
    if (given.resolving_power > 0 && !given.lsf.empty())
      base::user_error("{}: `lsf` or `resolving_power`, not both", key);
    if (given.log10_wavelength && !given.lsf.empty())
      base::user_error("{}: `lsf` beside logarithms of wavelengths has no unit: give `resolving_power`", key);
    const auto* known = modalities::find(modality);
    if (known != nullptr && known->kind != "spectrum")
      base::user_error("{}: {} is of kind {}: give the spectra another name", key, modality, known->kind);
    if (!given.row.empty()) row.emplace(given.row, key + " row");
    if (!given.folder.empty()) folder = mapping_folder / given.folder;
  }

  std::optional<int64_t> row_of(const RowText& text) const {
    if (!row) return std::nullopt;
    const auto filled = row->of(text, "");
    if (!filled) base::data_error("{}: no `row`", key);
    int64_t out = -1;
    const std::string& word = filled->path;
    const auto end = std::from_chars(word.data(), word.data() + word.size(), out);
    if (end.ec != std::errc() || end.ptr != word.data() + word.size() || out < 0)
      base::data_error("{}: row '{}' is no number from 0 on", key, word);
    return out;
  }

  void check(const SpectrumColumns& columns) const {
    const size_t n = columns.flux.values.size();
    const auto same = [&](const char* what, size_t size) {
      if (size != n && size != 0) base::data_error("{}: {} {}s for {} fluxes", columns.where, size, what, n);
    };
    if (n == 0 || n > 1'000'000) base::data_error("{}: a spectrum of {} pixels", columns.where, n);
    if (columns.wavelength.values.size() != n)
      base::data_error("{}: {} wavelengths for {} fluxes", columns.where, columns.wavelength.values.size(), n);
    same("uncertaintie", columns.uncertainty.values.size());
    same("line spread", columns.lsf.values.size());
    same("flag", columns.mask.size());
  }

  modalities::SpectrumBlock block_of(const SpectrumColumns& columns) const {
    const WavelengthWords words{settings.wavelength_unit, settings.medium == "air", settings.log10_wavelength};
    const double to_angstrom = columns.lsf.empty() ? 1 : angstrom_factor(columns.wavelength, words, columns.where);
    const auto wavelengths = vacuum_angstrom(columns.wavelength, words, columns.where);
    const auto conversion = flux_density(columns.flux.unit, settings.unit, settings.to, columns.where);
    const size_t n = wavelengths.size();
    auto block = modalities::make_spectra(1, int64_t(n), conversion.unit);
    block.present[0] = 1;
    int64_t good_pixels = 0;
    const bool backwards = n > 1 && wavelengths.front() > wavelengths.back();
    for (size_t i = 0; i < n; ++i) {
      const size_t from = backwards ? n - 1 - i : i;
      const double angstrom = wavelengths[from];
      block.wavelength_angstrom[i] = float(angstrom);
      if (!(angstrom > 0 && angstrom < 1e13) ||
          (i > 0 && !(block.wavelength_angstrom[i] > block.wavelength_angstrom[i - 1])))
        base::data_error("{}, pixel {}: wavelength {} Angstrom after {}: they want to rise or fall from pixel to pixel",
                         columns.where, from, angstrom, i > 0 ? double(block.wavelength_angstrom[i - 1]) : 0.0);
      const double factor = conversion.at(angstrom);
      const float flux = float(columns.flux.values[from] * factor);
      const float ivar =
          columns.uncertainty.empty() ? 1 : noise.ivar(columns.uncertainty.values[from], factor, columns.where);
      const bool flagged = !columns.mask.empty() && noise.flagged(columns.mask[from]);
      const bool good = std::isfinite(flux) && !flagged && ivar > 0;
      block.flux[i] = std::isfinite(flux) ? flux : 0;
      block.ivar[i] = good ? ivar : 0;
      block.mask[i] = !good;
      good_pixels += good;
      const double sigma = settings.resolving_power > 0 ? angstrom / settings.resolving_power / kSigmaOfFwhm
                           : columns.lsf.empty()        ? 0
                                                        : columns.lsf.values[from] * to_angstrom;
      block.lsf_sigma_angstrom[i] = std::isfinite(sigma) && sigma > 0 ? float(sigma) : 0;
    }
    if (good_pixels == 0) base::data_error("{}: not one good pixel", columns.where);
    return block;
  }
};

SpectrumReader::SpectrumReader(const std::string& modality, const MappedSpectrum& settings,
                               const fs::path& mapping_folder)
    : state_(std::make_unique<State>(modality, settings, mapping_folder)) {}
SpectrumReader::~SpectrumReader() = default;
SpectrumReader::SpectrumReader(SpectrumReader&&) noexcept = default;

std::vector<std::string> SpectrumReader::columns() const {
  std::vector<std::string> out = state_->file.columns();
  if (state_->row) out.insert(out.end(), state_->row->columns().begin(), state_->row->columns().end());
  return out;
}

std::optional<modalities::SpectrumBlock> SpectrumReader::read(const RowText& text, const fs::path& table_folder) {
  State& s = *state_;
  const auto reference = s.file.of(text, "");
  if (!reference) return std::nullopt;
  const auto path = find_file(s.folder.empty() ? table_folder : s.folder, *reference, s.settings.optional, s.key);
  if (!path) return std::nullopt;
  const SpectrumNames names{s.settings.wavelength, s.settings.flux, s.noise.name(),
                            s.settings.mask,       s.settings.lsf,  s.row_of(text)};
  const auto columns = s.settings.flux.empty() ? read_spectrum_image(*path, reference->hdu, names)
                                               : read_spectrum_table(*path, reference->hdu, names);
  s.check(columns);
  auto block = s.block_of(columns);
  if (s.unit.empty()) s.unit = block.unit;
  if (block.unit != s.unit)
    base::data_error("{}: fluxes in '{}'; the others are in '{}'", columns.where, block.unit, s.unit);
  return block;
}

}  // namespace asterism::data
