#include "data/surveys/mmu_light_curves.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "data/batch_table.h"
#include "data/layout.h"
#include "modalities/light_curve.h"
#include "modalities/scalar.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::Batch;
using modalities::LightCurveBlock;

constexpr float kNanomaggyPerFluxcal = 0.01F;  // 10^(-0.4 (27.5 - 22.5))
constexpr double kTessZeroMjd = 2457000 - 2400000.5;

// What one of the surveys does otherwise than the others.
struct Manners {
  const char *survey, *modality, *unit, *title, *citation, *description;
  float flux_scale;
  double time_zero_mjd;
  bool has_position;
  std::vector<modalities::Band> bands;  // of every batch
};

const Manners& plasticc() {
  static const Manners manners = {
      "plasticc",
      "lightcurve_lsst",
      "nanomaggy",
      "PLAsTiCC: simulated LSST light curves",
      "Kessler et al. 2019, PASP 131, 094501",
      "Simulated. Objects that the published catalogue holds twice are kept once; the Y band is missing from the "
      "published files; positions are random numbers there and left out.",
      kNanomaggyPerFluxcal,
      0,
      false,
      {{"lsst-u", 0, 0}, {"lsst-g", 0, 0}, {"lsst-r", 0, 0}, {"lsst-i", 0, 0}, {"lsst-z", 0, 0}, {"lsst-y", 0, 0}}};
  return manners;
}

const Manners& tess() {
  static const Manners manners = {
      "tess",
      "lightcurve_tess",
      "electron/s",
      "TESS light curves",
      "Ricker et al. 2015, JATIS 1, 014003",
      "Times are MJD (TDB). Flux as the pipeline has it; points with a quality flag are masked.",
      1,
      kTessZeroMjd,
      true,
      {{"tess", 7865, 4000}}};
  return manners;
}

// "LSST u", "u", "lsst-u", "Y": the band's place; DataError for another.
int32_t band_place(const std::string& name, const Manners& manners) {
  if (manners.bands.size() == 1) return 0;
  const char letter = name.empty() ? ' ' : char(std::tolower(static_cast<unsigned char>(name.back())));
  for (size_t i = 0; i < manners.bands.size(); ++i) {
    if (manners.bands[i].name.back() == letter) return int32_t(i);
  }
  base::data_error("the band '{}' is none of {}", name.substr(0, 20), manners.survey);
}

LightCurveBlock converted(const LightCurveBlock& from, const Manners& manners) {
  LightCurveBlock out = from;
  std::vector<int32_t> place;
  for (const auto& band : from.bands) place.push_back(band_place(band.name, manners));
  out.bands = manners.bands;
  out.unit = manners.unit;
  out.time_system = "MJD";
  for (int64_t row = 0; row < out.n; ++row) {
    for (int64_t k = 0; k < out.count[size_t(row)]; ++k) {
      const size_t i = size_t(row * out.length + k);
      out.band[i] = place[size_t(from.band[i])];
      out.value[i] *= manners.flux_scale;
      out.error[i] *= manners.flux_scale;
      out.time_day[i] += manners.time_zero_mjd;
    }
  }
  return out;
}

// Of everything that an import keeps of a row.
uint64_t content_of(const Batch& batch, int64_t row) {
  std::string bytes;
  const auto add = [&](const auto* values, int64_t n) {
    bytes.append(reinterpret_cast<const char*>(values), size_t(n) * sizeof(*values));
  };
  for (const auto& [name, block] : batch.blocks) {
    if (const auto* curve = std::get_if<LightCurveBlock>(&block)) {
      const int64_t count = curve->count[size_t(row)], at = row * curve->length;
      add(curve->time_day.data() + at, count);
      add(curve->band.data() + at, count);
      add(curve->value.data() + at, count);
    } else if (const auto* scalar = std::get_if<modalities::ScalarBlock>(&block)) {
      add(scalar->value.data() + row, 1);
    }
  }
  return base::stable_hash(bytes);
}

class LightCurveImport : public SurveyImport {
 public:
  LightCurveImport(std::unique_ptr<MmuTables> tables, const Manners& manners, BadRows& bad)
      : tables_(std::move(tables)), manners_(manners), bad_(bad) {}

  DatasetInfo info() const override {
    return {.name = manners_.survey,
            .title = manners_.title,
            .description = manners_.description,
            .provenance = std::string("Multimodal Universe files of ") + manners_.survey +
                          ", imported by asterism " ASTERISM_VERSION,
            .licence = "CC BY 4.0 (Multimodal Universe); that of the survey's own data is not stated in the files",
            .citation = manners_.citation,
            .acknowledgement = "The Multimodal Universe, arXiv:2412.02527",
            .columns = {}};
  }
  int64_t expected_rows() const override { return tables_->num_rows(); }

  std::optional<Batch> next() override {
    while (true) {
      try {
        const auto part = tables_->next();
        if (!part) break;
        if (auto batch = read_part(*part); batch && batch->size() > 0) return batch;
      } catch (const base::DataError& error) {
        bad_.add(manners_.survey, "", error.what());
      }
    }
    if (repeats_ > 0) base::log_info("{} rows are second copies of an object: each is kept once", repeats_);
    return std::nullopt;
  }

 private:
  std::optional<Batch> read_part(const MmuTables::Part& part) {
    const auto& [table, where, first] = part;
    const Layout layout = layout_of(*table->schema(), manners_.survey);
    const auto curve = std::find_if(layout.modalities.begin(), layout.modalities.end(),
                                    [](const ModalityColumn& c) { return c.kind == "light_curve"; });
    if (curve == layout.modalities.end())
      base::data_error("{}: no column `lightcurve` of lists; the schema of {} in Multimodal Universe has one", where,
                       manners_.survey);
    std::vector<std::string> names = {curve->modality};
    for (const auto& c : layout.modalities) {
      if (c.kind == "scalar") names.push_back(c.modality);
    }
    Batch all;
    try {
      all = from_table(*table, layout, names, where, first);
    } catch (const base::DataError& error) {
      for (int64_t i = 0; i < table->num_rows(); ++i) bad_.add(where, std::to_string(first + i), error.what());
      return std::nullopt;
    }
    auto block = converted(std::get<LightCurveBlock>(all.blocks.at(curve->modality)), manners_);
    all.blocks.erase(curve->modality);
    all.blocks.emplace(manners_.modality, std::move(block));
    std::vector<int64_t> fresh;
    for (int64_t i = 0; i < all.size(); ++i) {
      auto& object = all.objects[size_t(i)];
      object.survey = manners_.survey;
      if (!manners_.has_position) object = {object.survey, object.id, false, 0, 0};
      const auto [found, is_new] = seen_.emplace(object.hash(), content_of(all, i));
      if (is_new) {
        fresh.push_back(i);
      } else if (found->second == content_of(all, i)) {
        ++repeats_;
      } else {
        bad_.add(where, object.id, "the object came before with other values");
      }
    }
    return modalities::select(all, fresh);
  }

  std::unique_ptr<MmuTables> tables_;
  const Manners& manners_;
  BadRows& bad_;
  std::unordered_map<uint64_t, uint64_t> seen_;  // hash of the values by that of the object
  int64_t repeats_ = 0;
};

}  // namespace

std::unique_ptr<SurveyImport> import_plasticc(std::unique_ptr<MmuTables> tables, BadRows& bad) {
  return std::make_unique<LightCurveImport>(std::move(tables), plasticc(), bad);
}

std::unique_ptr<SurveyImport> import_tess(std::unique_ptr<MmuTables> tables, BadRows& bad) {
  return std::make_unique<LightCurveImport>(std::move(tables), tess(), bad);
}

std::unique_ptr<SurveyImport> open_plasticc(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return import_plasticc(open_mmu_tables(inputs), bad);
}

std::unique_ptr<SurveyImport> open_tess(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return import_tess(open_mmu_tables(inputs), bad);
}

}  // namespace asterism::data
