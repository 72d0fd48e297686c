#include "sky/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/threads.h"
#include "modalities/all.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "modalities/vector.h"
#include "sky/camera.h"
#include "sky/cube_rows.h"
#include "sky/deimos.h"
#include "sky/draw.h"
#include "sky/gaia.h"
#include "sky/library.h"
#include "sky/light_curve.h"
#include "sky/spectrograph.h"
#include "sky/structure_rows.h"

namespace asterism::sky {
namespace {

using modalities::Batch;
using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;

// A survey that can be asked for, and what it records.
struct Observer {
  const char* name;
  const char* sentence;
  const ImagingSurvey& (*imaging)();
  const SpectralSurvey& (*spectra)();
  const CurveSurvey& (*curves)();
  bool gaia;
  const CubeSurvey& (*cubes)() = nullptr;
};

constexpr Observer kObservers[] = {
    {"legacy", "DESI Legacy Surveys: images in g r i z (96 pixels of 0.262\"), fluxes in g r i z W1 W2", legacy_imaging,
     nullptr, nullptr, false},
    {"sdss", "SDSS: images and fluxes in u g r i z (96 pixels of 0.396\"), spectra", sdss_imaging, sdss_spectra,
     nullptr, false},
    {"desi", "DESI: spectra of 7,781 pixels", nullptr, desi_spectra, nullptr, false},
    {"hsc", "Hyper Suprime-Cam Wide: images and fluxes in g r i z y (96 pixels of 0.168\")", hsc_imaging, nullptr,
     nullptr, false},
    {"euclid", "Euclid wide survey: images and fluxes in VIS Y J H (160 pixels of 0.1\")", euclid_imaging, nullptr,
     nullptr, false},
    {"lsst", "LSST after ten years: images and fluxes in u g r i z y (96 pixels of 0.2\")", lsst_imaging, nullptr,
     nullptr, false},
    {"hst",
     "Hubble ACS in the Groth strip: images (electrons a second) and fluxes in F606W F814W (128 pixels of 0.03\")",
     hst_imaging, nullptr, nullptr, false},
    {"deimos", "Keck DEIMOS as DEEP2 used it: spectra in counts, 6,350 to 9,257 A, two detectors", nullptr,
     deimos_spectra, nullptr, false},
    {"vipers", "VIPERS (VIMOS, low-resolution red grism): spectra of 5,500 to 9,500 A, 7.1 A a pixel, R = 220", nullptr,
     vipers_spectra, nullptr, false},
    {"slitless", "Slitless spectra as of Euclid's NISP: 12,060 to 18,907 A, 13.4 A a pixel, R = 450", nullptr,
     slitless_spectra, nullptr, false},
    {"gaia", "Gaia: G BP RP of stars and quasars, 55 + 55 coefficients of the prism spectra of the brighter ones",
     nullptr, nullptr, nullptr, true},
    {"ztf", "Zwicky Transient Facility: light curves of three years in g r i, upper limits below 5 sigma", nullptr,
     nullptr, ztf_curves, false},
    {"lsst_curves", "LSST: light curves of three years in u g r i z y, forced photometry", nullptr, nullptr,
     lsst_curves, false},
    {"manga", "MaNGA: cubes of 24 x 24 spaxels of 0.5\", 800 planes, and maps of the gas without noise", nullptr,
     nullptr, nullptr, false, manga_cubes},
    {"muse", "MUSE: cubes of 24 x 24 spaxels of 0.2\", 800 planes, and maps of the gas without noise", nullptr, nullptr,
     nullptr, false, muse_cubes}};

// A survey whose seeing is not the usual one, with the bands that it refers to.
struct OtherNights {
  std::vector<ImagingBand> bands;
  ImagingSurvey survey;
  OtherNights(const ImagingSurvey& usual, double seeing) : survey(in_other_seeing(usual, seeing, bands)) {}
};

struct Wanted {
  std::vector<const ImagingSurvey*> imaging;
  std::vector<std::unique_ptr<OtherNights>> nights;
  std::vector<const SpectralSurvey*> spectra;
  std::vector<const CurveSurvey*> curves;
  std::vector<const CubeSurvey*> cubes;
  bool gaia = false;
  std::set<BandGroup> groups;  // beyond the first
};

Wanted wanted_of(const std::vector<std::string>& names, double seeing) {
  Wanted wanted;
  const auto need = [&](BandGroup group) {
    if (group != BandGroup::first) wanted.groups.insert(group);
  };
  for (const std::string& name : names) {
    const auto* found = std::find_if(std::begin(kObservers), std::end(kObservers),
                                     [&](const Observer& observer) { return observer.name == name; });
    if (found == std::end(kObservers))
      base::user_error("the mock sky has no survey '{}', only {}; the nearest is '{}'", name,
                       base::quoted_list(surveys()), base::nearest(name, surveys()));
    if (std::count(names.begin(), names.end(), name) > 1) base::user_error("survey '{}' is asked for twice", name);
    if (found->imaging) {
      const ImagingSurvey* usual = &found->imaging();
      if (seeing != 1) wanted.nights.push_back(std::make_unique<OtherNights>(*usual, seeing));
      wanted.imaging.push_back(seeing != 1 ? &wanted.nights.back()->survey : usual);
      need(found->imaging().group);
    }
    if (found->spectra) wanted.spectra.push_back(&found->spectra());
    if (found->curves) {
      wanted.curves.push_back(&found->curves());
      need(found->curves().group);
    }
    if (found->cubes) wanted.cubes.push_back(&found->cubes());
    if (found->gaia) need(BandGroup::gaia);
    wanted.gaia |= found->gaia;
  }
  if (seeing != 1 && wanted.imaging.empty())
    base::user_error("seeing = {}: none of {} takes images; leave it out", seeing, base::quoted_list(names));
  return wanted;
}

// The tables that threads will read: made before them, because making them uses threads itself.
void make_tables(const Wanted& wanted, bool full) {
  library();
  for (const BandGroup group : wanted.groups) photometry_of(group);
  if (wanted.gaia && full)
    for (const bool red : {false, true}) xp_prism(red);
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
  std::array<ScalarBlock*, 3> gaia{};                   // G, BP, RP
  std::array<std::array<VectorBlock*, 2>, 2> prisms{};  // of BP, RP: coefficients, errors
  ScalarBlock *variable_class = nullptr, *variable_period = nullptr, *variable_peak = nullptr;
  std::optional<StructureRows> structure;
  std::optional<CubeRows> cubes;
  // Per survey of light curves and row: a block needs to know the longest.
  std::vector<std::vector<std::vector<modalities::LightCurvePoint>>> curves;
};

Columns make_columns(const Wanted& wanted, const SkySettings& settings, int64_t n, bool full, Batch& batch) {
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
  if (wanted.gaia)
    columns.gaia = {scalar("flux_gaia_g", true), scalar("flux_gaia_bp", true), scalar("flux_gaia_rp", true)};
  if (wanted.gaia && full)
    for (size_t red = 0; red < 2; ++red)
      for (size_t error = 0; error < 2; ++error) {
        const std::string name = std::string(red ? "rp" : "bp") + "_coefficients" + (error ? "_error" : "");
        auto& block = batch.blocks[name] = modalities::make_vectors(n, kXpCoefficients);
        columns.prisms[red][error] = &std::get<VectorBlock>(block);
      }
  if (!wanted.curves.empty()) {
    columns.variable_class = scalar("variable_class", false);
    columns.variable_period = scalar("variable_period", false);
    columns.variable_peak = scalar("variable_peak_mjd", false);
  }
  if (wants_structure(settings)) columns.structure.emplace(settings, wanted.imaging, n, full, batch);
  if (!wanted.cubes.empty()) columns.cubes.emplace(wanted.cubes, n, full, batch);
  if (full)
    columns.curves.assign(wanted.curves.size(), std::vector<std::vector<modalities::LightCurvePoint>>(size_t(n)));
  return columns;
}

void set(ScalarBlock& block, size_t row, double value, double error = 0) {
  block.present[row] = 1;
  block.value[row] = value;
  if (block.has_error) block.error[row] = error;
}

void fill_gaia(const ObjectTruth& truth, const ObjectLight& light, bool full, int64_t row, const Columns& columns) {
  const auto fluxes = observe_gaia_fluxes(truth, light);
  if (!gaia_has_source(truth, fluxes[0].value)) return;
  for (size_t b = 0; b < fluxes.size(); ++b) set(*columns.gaia[b], size_t(row), fluxes[b].value, fluxes[b].error);
  if (!full || !gaia_has_spectra(truth, fluxes[0].value)) return;
  for (const bool red : {false, true})
    observe_xp(truth, light, red, *columns.prisms[red][0], *columns.prisms[red][1], row);
}

void fill_curves(const ObjectTruth& truth, const ObjectLight& light, const Wanted& wanted, const SkySettings& settings,
                 bool full, int64_t row, Columns& columns) {
  const size_t r = size_t(row);
  const VariableTruth variable = draw_variable(truth, settings);
  set(*columns.variable_class, r, double(variable.kind));
  if (variable.period_day > 0) set(*columns.variable_period, r, variable.period_day);
  if (variable.explodes()) set(*columns.variable_peak, r, variable.supernova.peak_mjd);
  if (!full) return;
  for (size_t s = 0; s < wanted.curves.size(); ++s)
    columns.curves[s][r] = observe_light_curve(truth, light, variable, *wanted.curves[s]);
}

void fill_row(const ObjectTruth& truth, const ObjectLight& light, const Wanted& wanted, const SkySettings& settings,
              bool full, int64_t row, Columns& columns) {
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
    if (full && !columns.structure)
      observe_image(truth, light, *wanted.imaging[s], settings.defects, *columns.images[s], row);
  }
  if (columns.structure) {
    Structure structure = draw_structure(truth, settings);
    if (structure.has_other())
      for (const BandGroup group : wanted.groups) add_light(structure.other, group, structure.other_light);
    columns.structure->fill(truth, light, structure, settings, columns.images, row);
  }
  if (wanted.gaia) fill_gaia(truth, light, full, row, columns);
  if (!wanted.curves.empty()) fill_curves(truth, light, wanted, settings, full, row, columns);
  const bool has_spectra = full && truth.r_magnitude < settings.r_spectroscopic;
  if (columns.cubes) columns.cubes->fill(truth, light, settings.defects, has_spectra, row);
  if (!has_spectra) return;
  for (size_t s = 0; s < wanted.spectra.size(); ++s)
    observe_spectrum(truth, light, *wanted.spectra[s], settings.defects, *columns.spectra[s], row);
}

Batch observe_all(uint64_t seed, int64_t first, int64_t n, const std::vector<std::string>& surveys,
                  const SkySettings& settings, bool full) {
  check(settings);
  if (first < 0 || n < 0)
    base::user_error("objects {} to {} of the mock sky: neither may be negative", first, first + n);
  const Wanted wanted = wanted_of(surveys, settings.seeing);
  make_tables(wanted, full);
  Batch batch;
  batch.objects.resize(size_t(n));
  Columns columns = make_columns(wanted, settings, n, full, batch);
  base::parallel_for(size_t(n), full ? 8 : 256, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      ObjectLight light;
      const ObjectTruth truth = draw_object_and_light(seed, first + int64_t(row), settings, light);
      for (const BandGroup group : wanted.groups) add_light(truth, group, light);
      batch.objects[row] = {"mock", truth.id(), true, truth.ra_deg, truth.dec_deg};
      fill_row(truth, light, wanted, settings, full, int64_t(row), columns);
    }
  });
  for (size_t s = 0; s < columns.curves.size(); ++s)
    batch.blocks[std::string(wanted.curves[s]->curve)] =
        light_curve_block(*wanted.curves[s], std::move(columns.curves[s]));
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

std::vector<std::string> surveys() {
  std::vector<std::string> names;
  for (const Observer& observer : kObservers) names.emplace_back(observer.name);
  return names;
}

std::string what_surveys_give() {
  std::string out;
  for (const Observer& observer : kObservers)
    out += fmt::format("{}  {:<12} {}", out.empty() ? "" : "\n", observer.name, observer.sentence);
  return out;
}

}  // namespace asterism::sky
