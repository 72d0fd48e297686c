#include "data/mmu_surveys.h"

#include <arrow/api.h>

#include <algorithm>
#include <cctype>

namespace asterism::data {

// In this order: a path with "jwst" and "legacy" is JWST's, one with "plasticc" and "lsst" is PLAsTiCC.
const std::vector<MmuSurvey>& mmu_surveys() {
  static const std::vector<MmuSurvey> table = {
      {"vipers",
       {{"REDFLAG", "REDSHIFT"}},
       "Inverse variances are recomputed from the published ones, which were not squared; REDFLAG is dropped."},
      {"jwst",
       {{"cxx_image", "mag_auto"}},
       "Ids are made of field and position; the published ones change from run to run. Fluxes taken as 10 nJy."},
      {"chandra", {{"flux_aper_b", "hard_hm"}}, "Spectra over energy are left out."},
      {"apogee", {{"alpha_m", "restframe"}}, ""},
      {"lamost", {{"obsid", "lmjd"}}, "Relative fluxes."},
      {"galah",
       {{"e_fe_h", "flag_sp"}},
       "Wavelengths are known to be off by 2 pixels, in a direction that is not published."},
      {"provabgs", {}, ""},
      {"sdss", {{"ZWARNING"}}, ""},
      {"desi", {{"ZWARN", "FIBERFLUX_G"}}, ""},
      {"gz10", {{"gz10_label"}}, ""},
      {"hsc", {{"g_cmodel_mag"}}, "Fluxes taken as counts of zero point 27.0."},
      {"gaia",
       {{"bp_coefficients"}, {"spectral_coefficients"}},
       "Coefficients of the basis functions of DR3 for BP and RP; units are those of the archive's columns."},
      {"btsbot", {{"near_threshold", "is_SN"}}, "Stamps of ZTF alerts in counts: science, reference, difference."},
      {"legacy",
       {{"blobmodel"}, {"FLUX_W1"}, {"psfdepth_g"}},
       "`catalog` holds the 20 faintest neighbours of each object."},
      {"manga", {}, ""},
      {"plasticc", {}, ""},
      {"tess", {}, ""},
      {"kepler", {}, "Times are MJD (TDB); flux as the pipeline has it (PDCSAP where published)."},
      {"cfa", {}, ""},
      {"csp", {}, ""},
      {"yse", {}, ""},
      {"ps1_sne_ia", {}, ""},
      {"des_y3_sne_ia", {}, ""},
      {"snls", {}, ""},
      {"foundation", {}, ""},
      {"swift_sne_ia", {}, ""},
      {"euclid", {}, ""},
      {"lsst", {}, ""},
      {"ztf", {}, ""}};
  return table;
}

namespace {

// Whether a word of the text begins so: "legacy" is told by legacysurvey, "yse" by yse_dr1, and not by analyses.
bool has_word(const std::string& text, const std::string& word) {
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    if (at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0) return true;
  return false;
}

}  // namespace

std::string mmu_survey(const arrow::Schema& schema, const std::string& name) {
  const auto has_all = [&](const std::vector<const char*>& columns) {
    return std::all_of(columns.begin(), columns.end(), [&](const char* c) { return schema.GetFieldIndex(c) >= 0; });
  };
  for (const auto& survey : mmu_surveys())
    if (std::any_of(survey.columns.begin(), survey.columns.end(), has_all)) return survey.name;
  std::string text = name;
  for (char& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& survey : mmu_surveys())
    if (has_word(text, survey.name)) return survey.name;
  return "unknown";
}

}  // namespace asterism::data
