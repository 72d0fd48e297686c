#include "data/column_words.h"

#include <arrow/api.h>

#include <map>

#include "modalities/all.h"

namespace asterism::data {
namespace {

const std::map<std::string, ColumnNote>& words() {
  static const std::map<std::string, ColumnNote> table = {
      {"redshift", {"redshift", "src.redshift"}},
      {"redshift_ok",
       {"1 where the redshift can be trusted, by the survey's own criterion", "meta.code.qual;src.redshift"}},
      {"object_class", {"0 galaxy, 1 star, 2 quasar", "meta.code.class;src.class"}},
      {"split_u", {"split number of the object where it is not that of its own id", "meta.id.part"}},
      {"log_stellar_mass", {"log10 of the stellar mass in solar masses", "phys.mass"}},
      {"age_gyr", {"mean age of the stars", "time.age"}},
      {"teff", {"effective temperature", "phys.temperature.effective"}},
      {"log_g", {"log10 of the surface gravity in cm/s^2", "phys.gravity"}},
      {"fe_h", {"iron abundance relative to the Sun", "phys.abund.Fe"}},
      {"half_light_radius", {"half-light radius along the major axis", "phys.angSize"}},
      {"r_magnitude", {"AB magnitude in r, without noise", "phot.mag;em.opt.R"}},
      {"variable_class", {"kind of variability", "meta.code.class;src.var"}},
      {"variable_period", {"period", "time.period"}},
      {"variable_peak_mjd", {"time of maximum", "time.epoch"}},
      {"morphology_class", {"kind of structure", "src.morph.type"}},
      {"neighbour_distance", {"distance of a neighbour", "pos.angDistance"}},
      {"neighbour_magnitude", {"magnitude of a neighbour", "phot.mag;em.opt.R"}},
      {"einstein_radius", {"Einstein radius", "phys.angSize"}},
      {"rgb_image", {"colour picture; display values, not flux", "obs.image"}},
  };
  return table;
}

// The part of the spectrum that a one-letter band looks at (UCD1+ 1.6).
std::string band_ucd(const std::string& band) {
  static const std::map<std::string, std::string> parts = {
      {"u", "em.opt.U"},     {"b", "em.opt.B"},          {"v", "em.opt.V"},          {"g", "em.opt.B"},
      {"r", "em.opt.R"},     {"i", "em.opt.I"},          {"z", "em.opt.I"},          {"y", "em.IR.NIR"},
      {"j", "em.IR.J"},      {"h", "em.IR.H"},           {"k", "em.IR.K"},           {"w1", "em.IR.3-4um"},
      {"w2", "em.IR.4-8um"}, {"fuv", "em.UV.100-200nm"}, {"nuv", "em.UV.200-300nm"}, {"ic", "em.opt.I"},
      {"vis", "em.opt"},     {"bp", "em.opt.B"},         {"rp", "em.opt.R"}};
  const auto found = parts.find(band);
  return found == parts.end() ? "" : ";" + found->second;
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

}  // namespace

ColumnNote column_note(const std::string& modality, const DatasetInfo& info) {
  if (const auto own = info.columns.find(modality); own != info.columns.end()) return own->second;
  ColumnNote note;
  if (const auto found = words().find(modality); found != words().end()) {
    note = found->second;
  } else if (starts_with(modality, "flux_")) {
    const std::string band = modality.substr(modality.rfind('_') + 1);
    note = {"flux in " + band, "phot.flux.density" + band_ucd(band)};
  } else if (starts_with(modality, "spectrum_")) {
    note = {"one-dimensional spectrum", "spect"};
  } else if (starts_with(modality, "lightcurve_")) {
    note = {"brightness against time", "phot;time"};
  } else if (starts_with(modality, "catalog_")) {
    note = {"sources on the cutout", "meta.table"};
  } else if (starts_with(modality, "image_")) {
    note = {"cutout image", "obs.image"};
  } else if (starts_with(modality, "cube_")) {
    note = {"spectral cube", "obs.image;spect"};
  } else if (starts_with(modality, "maps_")) {
    note = {"maps on the pixels of the object", "obs.image"};
  }
  if (const auto* known = modalities::find(modality); known != nullptr) note.description = std::string(known->sentence);
  return note;
}

std::string vo_unit(const std::string& unit) {
  static const std::map<std::string, std::string> table = {
      {"1e-17 erg/s/cm^2/Angstrom", "10**-17 erg.s**-1.cm**-2.Angstrom**-1"},
      {"nanomaggy", "nmgy"},
      {"counts", "ct"},
      {"display", ""}};
  const auto found = table.find(unit);
  return found == table.end() ? unit : found->second;
}

std::shared_ptr<arrow::Field> described_field(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                              const FieldWords& words) {
  std::vector<std::string> keys, values;
  for (const auto& [key, value] : words) {
    if (value.empty()) continue;
    keys.push_back(key);
    values.push_back(value);
  }
  return arrow::field(name, type, true, arrow::key_value_metadata(keys, values));
}

std::shared_ptr<arrow::DataType> list_of(const std::shared_ptr<arrow::DataType>& type) {
  return arrow::list(arrow::field("element", type));
}

}  // namespace asterism::data
