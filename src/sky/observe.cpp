#include "sky/observe.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/threads.h"
#include "modalities/all.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "sky/camera.h"
#include "sky/draw.h"
#include "sky/library.h"
#include "sky/spectrograph.h"

namespace asterism::sky {
namespace {

using modalities::Batch;
using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;

const std::vector<std::string> kSurveys = {"legacy", "sdss", "desi"};
const std::vector<std::string> kReserved = {"hsc", "euclid", "lsst", "gaia"};  // names of surveys that are to come

struct Wanted {
  std::vector<const ImagingSurvey*> imaging;
  std::vector<const SpectralSurvey*> spectra;
};

Wanted wanted_of(const std::vector<std::string>& surveys) {
  Wanted wanted;
  for (const std::string& name : surveys) {
    if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end())
      base::user_error(
          "the name '{}' is reserved for that survey, which the mock sky does not observe yet; choose of {}", name,
          base::quoted_list(kSurveys));
    if (std::find(kSurveys.begin(), kSurveys.end(), name) == kSurveys.end())
      base::user_error("the mock sky has no survey '{}', only {}; the nearest is '{}'", name,
                       base::quoted_list(kSurveys), base::nearest(name, kSurveys));
    if (std::count(surveys.begin(), surveys.end(), name) > 1) base::user_error("survey '{}' is asked for twice", name);
    if (name == "legacy") wanted.imaging.push_back(&legacy_imaging());
    if (name == "sdss") wanted.imaging.push_back(&sdss_imaging());
    if (name == "sdss") wanted.spectra.push_back(&sdss_spectra());
    if (name == "desi") wanted.spectra.push_back(&desi_spectra());
  }
  return wanted;
}

struct TruthColumn {
  const char* name;
  double (*value)(const ObjectTruth&);
  int only;  // class that has it; -1: all
};

constexpr int kAll = -1, kGalaxy = int(ObjectClass::galaxy), kStar = int(ObjectClass::star);
const TruthColumn kTruth[] = {
    {"redshift", [](const ObjectTruth& t) { return t.redshift; }, kAll},
    {"object_class", [](const ObjectTruth& t) { return double(t.kind); }, kAll},
    {"r_magnitude", [](const ObjectTruth& t) { return t.r_magnitude; }, kAll},
    {"log_stellar_mass", [](const ObjectTruth& t) { return t.galaxy.log_stellar_mass; }, kGalaxy},
    {"age_gyr", [](const ObjectTruth& t) { return t.galaxy.age_gyr; }, kGalaxy},
    {"log_metallicity", [](const ObjectTruth& t) { return t.galaxy.log_metallicity; }, kGalaxy},
    {"dust_av", [](const ObjectTruth& t) { return t.galaxy.dust_av; }, kGalaxy},
    {"log_ssfr", [](const ObjectTruth& t) { return t.galaxy.log_ssfr; }, kGalaxy},
    {"bulge_fraction", [](const ObjectTruth& t) { return t.galaxy.bulge_fraction; }, kGalaxy},
    {"sersic_n", [](const ObjectTruth& t) { return t.galaxy.sersic_n; }, kGalaxy},
    {"half_light_radius", [](const ObjectTruth& t) { return t.galaxy.half_light_arcsec; }, kGalaxy},
    {"axis_ratio", [](const ObjectTruth& t) { return t.galaxy.axis_ratio; }, kGalaxy},
    {"teff", [](const ObjectTruth& t) { return t.star.teff_k; }, kStar},
    {"log_g", [](const ObjectTruth& t) { return t.star.log_g; }, kStar},
    {"fe_h", [](const ObjectTruth& t) { return t.star.fe_h; }, kStar},
};

std::string unit_of(std::string_view name) {
  const modalities::Known* known = modalities::find(name);
  ASTERISM_CHECK(known, "{}", name);
  return std::string(known->unit);
}

// The blocks that rows are written into, held by pointer so that threads need no look-up by name.
struct Columns {
  std::vector<ScalarBlock*> truth;
  std::vector<std::vector<ScalarBlock*>> fluxes;  // per imaging survey and band
  std::vector<ImageBlock*> images;
  std::vector<SpectrumBlock*> spectra;
};

Columns make_columns(const Wanted& wanted, int64_t n, bool full, Batch& batch) {
  Columns columns;
  const auto scalar = [&](std::string_view name, bool has_error) {
    auto& block = batch.blocks[std::string(name)] = modalities::make_scalars(n, unit_of(name), has_error);
    return &std::get<ScalarBlock>(block);
  };
  for (const TruthColumn& column : kTruth) columns.truth.push_back(scalar(column.name, false));
  for (const ImagingSurvey* survey : wanted.imaging) {
    columns.fluxes.emplace_back();
    for (const ImagingBand& band : survey->bands) columns.fluxes.back().push_back(scalar(band.flux_column, true));
    if (!full) continue;
    auto& block = batch.blocks[std::string(survey->image)] = empty_images(*survey, n);
    columns.images.push_back(&std::get<ImageBlock>(block));
  }
  for (const SpectralSurvey* survey : wanted.spectra) {
    if (!full) continue;
    auto& block = batch.blocks[std::string(survey->spectrum)] =
        modalities::make_spectra(n, survey->pixels, unit_of(survey->spectrum));
    columns.spectra.push_back(&std::get<SpectrumBlock>(block));
  }
  return columns;
}

void fill_row(const ObjectTruth& truth, const ObjectLight& light, const Wanted& wanted, const SkySettings& settings,
              bool full, int64_t row, const Columns& columns) {
  const size_t r = size_t(row);
  for (size_t c = 0; c < std::size(kTruth); ++c) {
    if (kTruth[c].only != kAll && kTruth[c].only != int(truth.kind)) continue;
    columns.truth[c]->present[r] = 1;
    columns.truth[c]->value[r] = kTruth[c].value(truth);
  }
  for (size_t s = 0; s < wanted.imaging.size(); ++s) {
    const auto fluxes = observe_fluxes(truth, light, *wanted.imaging[s]);
    for (size_t b = 0; b < fluxes.size(); ++b) {
      columns.fluxes[s][b]->present[r] = 1;
      columns.fluxes[s][b]->value[r] = fluxes[b].value;
      columns.fluxes[s][b]->error[r] = fluxes[b].error;
    }
    if (full) observe_image(truth, light, *wanted.imaging[s], settings.defects, *columns.images[s], row);
  }
  if (!full || truth.r_magnitude >= settings.r_spectroscopic) return;
  for (size_t s = 0; s < wanted.spectra.size(); ++s)
    observe_spectrum(truth, light, *wanted.spectra[s], settings.defects, *columns.spectra[s], row);
}

Batch observe_all(uint64_t seed, int64_t first, int64_t n, const std::vector<std::string>& surveys,
                  const SkySettings& settings, bool full) {
  check(settings);
  if (first < 0 || n < 0)
    base::user_error("objects {} to {} of the mock sky: neither may be negative", first, first + n);
  const Wanted wanted = wanted_of(surveys);
  library();  // before the threads: it uses them itself
  Batch batch;
  batch.objects.resize(size_t(n));
  const Columns columns = make_columns(wanted, n, full, batch);
  base::parallel_for(size_t(n), full ? 8 : 256, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      ObjectLight light;
      const ObjectTruth truth = draw_object_and_light(seed, first + int64_t(row), settings, light);
      batch.objects[row] = {"mock", truth.id(), true, truth.ra_deg, truth.dec_deg};
      fill_row(truth, light, wanted, settings, full, int64_t(row), columns);
    }
  });
  return batch;
}

}  // namespace

Batch observe(uint64_t seed, int64_t first_index, int64_t n, const std::vector<std::string>& surveys,
              const SkySettings& settings) {
  return observe_all(seed, first_index, n, surveys, settings, true);
}

Batch observe_scalars(uint64_t seed, int64_t first_index, int64_t n, const std::vector<std::string>& surveys,
                      const SkySettings& settings) {
  return observe_all(seed, first_index, n, surveys, settings, false);
}

std::vector<std::string> surveys() { return kSurveys; }

}  // namespace asterism::sky
