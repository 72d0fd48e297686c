#include "data/surveys/gaia_xp.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "astro/sphere.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "data/surveys/input_files.h"
#include "data/surveys/number_list.h"
#include "data/surveys/scalar_rows.h"
#include "data/surveys/text_table.h"
#include "modalities/vector.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kCoefficients = 55;
constexpr int64_t kRowsPerBatch = 4096;
// Basis functions of DR3: coefficients of others mean other spectra.
constexpr std::pair<const char*, int> kInstruments[] = {{"bp", 56}, {"rp", 57}};
const char* const kNumbers[] = {"n_measurements", "n_relevant_bases", "relative_shrinking", "chi_squared"};

std::vector<std::string> needed_columns() {
  std::vector<std::string> out = {"source_id"};
  for (const auto& [instrument, basis] : kInstruments) {
    for (const char* name : {"basis_function_id", "coefficients", "coefficient_errors"})
      out.push_back(std::string(instrument) + "_" + name);
  }
  return out;
}

std::vector<std::string> wanted_columns() {
  std::vector<std::string> out = {"ra", "dec"};
  for (const auto& [instrument, basis] : kInstruments) {
    for (const char* name : kNumbers) out.push_back(std::string(instrument) + "_" + name);
  }
  return out;
}

modalities::Batch empty_batch(int64_t n) {
  modalities::Batch batch;
  for (const auto& [instrument, basis] : kInstruments) {
    const std::string prefix(instrument);
    for (const char* name : {"_coefficients", "_coefficients_error"})
      batch.blocks.emplace(prefix + name, modalities::make_vectors(n, kCoefficients));
    for (const char* name : kNumbers) add_scalar_rows(batch, n, prefix + "_" + name);
  }
  return batch;
}

// The digits of a source id; DataError for anything else (an id that was a float once ends in .0 or e+18).
std::string source_id(const TextTable& table, int64_t row) {
  std::string id = table.text(row, "source_id");
  if (id.empty() || id.size() > 19 || id.find_first_not_of("0123456789") != std::string::npos)
    base::data_error("{}, line {}, column source_id: '{}' is no Gaia source id", table.file(), table.line(row),
                     id.substr(0, 40));
  return id;
}

class GaiaXpImport : public SurveyImport {
 public:
  GaiaXpImport(std::vector<TextTable> tables, BadRows& bad) : tables_(std::move(tables)), bad_(bad) {}

  DatasetInfo info() const override {
    DatasetInfo info{
        .name = "gaia_xp",
        .title = "Gaia DR3 BP/RP spectra as coefficients",
        .description =
            "XP continuous spectra: coefficients of the basis functions 56 (BP) and 57 (RP) and their standard "
            "deviations; correlations are not kept. A source without a BP or RP spectrum lacks that modality.",
        .provenance = "XP_CONTINUOUS_RAW of Gaia DR3, imported by asterism " ASTERISM_VERSION,
        .licence = "not stated in the files; Gaia data are free to use with acknowledgement",
        .citation = "Gaia Collaboration, Vallenari et al. 2023, A&A 674, A1; De Angeli et al. 2023, A&A 674, A2",
        .acknowledgement =
            "This work has made use of data from the European Space Agency (ESA) mission Gaia, processed "
            "by the Gaia Data Processing and Analysis Consortium (DPAC)."};
    for (const auto& [instrument, basis] : kInstruments) {
      const std::string name(instrument);
      info.columns[name + "_n_measurements"] = {"transits that the spectrum was made of", "meta.number"};
      info.columns[name + "_n_relevant_bases"] = {"coefficients that are above the noise", "meta.number"};
      info.columns[name + "_relative_shrinking"] = {"norm of the relevant coefficients over that of all", "stat.value"};
      info.columns[name + "_chi_squared"] = {"chi squared of the representation", "stat.fit.chi2"};
    }
    return info;
  }

  int64_t expected_rows() const override {
    int64_t rows = 0;
    for (const auto& table : tables_) rows += table.num_rows();
    return rows;
  }

  std::optional<modalities::Batch> next() override {
    modalities::Batch batch = empty_batch(kRowsPerBatch);
    std::vector<int64_t> good;
    for (; table_ < tables_.size(); ++table_, row_ = 0) {
      const TextTable& table = tables_[table_];
      for (; row_ < table.num_rows() && batch.size() < kRowsPerBatch; ++row_) {
        const int64_t i = batch.size();
        batch.objects.emplace_back();
        try {
          if (read_row(table, row_, i, batch)) good.push_back(i);
        } catch (const base::DataError& error) {
          bad_.add(table.file(), std::to_string(table.line(row_)), error.what());
        }
      }
      if (batch.size() == kRowsPerBatch) break;
    }
    if (good.empty()) {
      if (table_ < tables_.size()) return next();
      if (repeats_ > 0)
        base::log_info("{} rows repeat a source with the same coefficients; each is kept once", repeats_);
      return std::nullopt;
    }
    batch.objects.resize(size_t(kRowsPerBatch));
    return modalities::select(batch, good);
  }

 private:
  // False for a repeat of a source that came before.
  bool read_row(const TextTable& table, int64_t row, int64_t i, modalities::Batch& batch) {
    modalities::ObjectKey key{"gaia", source_id(table, row), false, 0, 0};
    if (table.has("ra") && table.has("dec")) {
      const auto ra = table.number(row, "ra"), dec = table.number(row, "dec");
      if (ra && dec) {
        if (std::abs(*dec) > 90 || *ra < 0 || *ra > 360)
          base::data_error("position ({}, {}); ra lies in [0, 360], dec in [-90, 90]", *ra, *dec);
        key.has_position = true;
        key.ra_deg = *ra;
        key.dec_deg = *dec;
      }
    }
    std::vector<double> everything;
    int there = 0;
    for (const auto& [instrument, basis] : kInstruments)
      there += read_instrument(table, row, instrument, basis, i, batch, everything);
    if (there == 0) base::data_error("neither a BP nor an RP spectrum");
    const uint64_t content =
        base::stable_hash({reinterpret_cast<const char*>(everything.data()), everything.size() * sizeof(double)});
    const auto [found, fresh] = seen_.emplace(key.id, content);
    if (!fresh && found->second != content)
      base::data_error("the source {} came before with other coefficients", key.id);
    if (!fresh) ++repeats_;
    batch.objects[size_t(i)] = key;
    return fresh;
  }

  bool read_instrument(const TextTable& table, int64_t row, const std::string& name, int basis, int64_t i,
                       modalities::Batch& batch, std::vector<double>& everything) {
    const auto list = [&](const std::string& column) {
      return parse_number_list(table.text(row, column),
                               fmt::format("{}, line {}, column {}", table.file(), table.line(row), column));
    };
    const auto values = list(name + "_coefficients"), errors = list(name + "_coefficient_errors");
    everything.insert(everything.end(), values.begin(), values.end());
    everything.insert(everything.end(), errors.begin(), errors.end());
    if (values.empty() && errors.empty()) return false;
    if (int64_t(values.size()) != kCoefficients || int64_t(errors.size()) != kCoefficients)
      base::data_error("{} coefficients and {} errors of {}; there are {}", values.size(), errors.size(), name,
                       kCoefficients);
    if (const auto id = table.number(row, name + "_basis_function_id"); id && *id != basis)
      base::data_error("basis functions {} of {}; those of DR3 are {}", *id, name, basis);
    auto& value = std::get<modalities::VectorBlock>(batch.blocks.at(name + "_coefficients"));
    auto& error = std::get<modalities::VectorBlock>(batch.blocks.at(name + "_coefficients_error"));
    for (int64_t k = 0; k < kCoefficients; ++k) {
      const double v = values[size_t(k)], e = errors[size_t(k)];
      if (!std::isfinite(v) || !(e >= 0)) base::data_error("coefficient {} of {} is {} +- {}", k, name, v, e);
      value.value[size_t(i * kCoefficients + k)] = float(v);
      error.value[size_t(i * kCoefficients + k)] = float(e);
    }
    value.present[size_t(i)] = error.present[size_t(i)] = 1;
    for (const char* number : kNumbers) {
      const std::string column = name + "_" + number;
      if (table.has(column)) set_scalar(batch, column, i, table.number(row, column));
    }
    return true;
  }

  std::vector<TextTable> tables_;
  BadRows& bad_;
  std::map<std::string, uint64_t> seen_;  // hash of the coefficients by source id
  size_t table_ = 0;
  int64_t row_ = 0, repeats_ = 0;
};

bool is_xp(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.find("XP_CONTINUOUS") != std::string::npos &&
         (name.ends_with(".csv") || name.ends_with(".ecsv") || name.ends_with(".csv.gz") || name.ends_with(".ecsv.gz"));
}

}  // namespace

std::unique_ptr<SurveyImport> open_gaia_xp(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  std::vector<TextTable> tables;
  for (const auto& path : input_files(inputs, is_xp, "XP_CONTINUOUS*.csv or .ecsv"))
    tables.emplace_back(path, needed_columns(), wanted_columns());
  return std::make_unique<GaiaXpImport>(std::move(tables), bad);
}

}  // namespace asterism::data
