#include "data/mmu_layout.h"

#include <arrow/api.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/error.h"
#include "data/mmu_surveys.h"

namespace asterism::data {
namespace {

bool has(const arrow::Schema& schema, const std::string& column) { return schema.GetFieldIndex(column) >= 0; }

std::string lower(std::string text) {
  for (char& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// By the names of the archive's columns; the published tables tell no unit.
std::string gaia_unit(const std::string& name) {
  const auto starts = [&](const char* text) { return name.rfind(text, 0) == 0; };
  if (name.ends_with("_corr")) return "";
  if (name.ends_with("_flux")) return "electron/s";
  if (name.ends_with("_mag") || starts("ag_") || starts("azero_") || starts("ebpminrp_")) return "mag";
  if (name == "parallax" || name == "ra_error" || name == "dec_error") return "mas";
  if (name == "pmra" || name == "pmdec") return "mas/yr";
  if (name == "radial_velocity") return "km/s";
  if (starts("teff_") || name == "rv_template_teff") return "K";
  if (starts("distance_")) return "pc";
  return "";
}

// Likewise of columns of the imaging surveys.
std::string imaging_unit(const std::string& name, const std::string& survey) {
  if (name == "EBV") return "mag";
  if (name == "SHAPE_R") return "arcsec";
  const bool extinction = name.size() == 3 && name.starts_with("a_");
  return survey == "hsc" && (extinction || name.ends_with("_mag")) ? "mag" : "";
}

bool is_number(const arrow::DataType& type) {
  return arrow::is_floating(type.id()) || arrow::is_integer(type.id()) || type.id() == arrow::Type::BOOL;
}

// Keys, places and bookkeeping: never a modality.
bool is_key(const std::string& name) {
  static const std::set<std::string> keys = {"object_id",   "ra",     "dec", "RA",   "DEC",    "healpix",
                                             "_healpix_29", "Norder", "Dir", "Npix", "survey", "_healpix_13"};
  return keys.count(name) != 0;
}

// Times of supernovae and of PLAsTiCC are modified Julian dates; TESS and Kepler count from moments of their own, and
// their fluxes are in the unit of the pipeline. The flux unit of supernovae and PLAsTiCC is SNANA's FLUXCAL (zero point
// 27.5), by convention: no file says so.
ModalityColumn light_curve_column(const arrow::Field& f, const std::string& survey, bool only) {
  const auto& type = static_cast<const arrow::StructType&>(*f.type());
  ModalityColumn c;
  c.column = f.name();
  c.kind = "light_curve";
  c.modality = only && f.name() == "lightcurve" && survey != "unknown" ? "lightcurve_" + survey : f.name();
  const bool banded = type.GetFieldIndex("band") >= 0;
  c.unit = type.GetFieldIndex("mag") >= 0 ? "mag" : banded ? "FLUXCAL" : "";
  c.time_system = banded ? "MJD" : "day";
  return c;
}

// Lists of numbers side by side, one a source (MMU `catalog` of the Legacy Survey: the 20 faintest neighbours, not the
// brightest, and TYPE as a number).
ModalityColumn catalog_column(const arrow::Field& f, const std::string& survey, bool only) {
  ModalityColumn c;
  c.column = f.name();
  c.kind = "catalog";
  c.modality = only && f.name() == "catalog" && survey != "unknown" ? "catalog_" + survey : f.name();
  for (const auto& field : f.type()->fields()) {
    if (!arrow::is_list_like(field->type()->id()) || !is_number(*field->type()->field(0)->type())) continue;
    const bool flux = field->name().rfind("FLUX_", 0) == 0, pixel = field->name() == "X" || field->name() == "Y";
    c.lists.push_back({field->name(), flux                         ? "nanomaggy"
                                      : pixel                      ? "pixel"
                                      : field->name() == "SHAPE_R" ? "arcsec"
                                                                   : ""});
  }
  return c;
}

ModalityColumn struct_column(const arrow::Field& f, const std::string& survey, bool only) {
  const auto& type = static_cast<const arrow::StructType&>(*f.type());
  ModalityColumn c;
  c.column = f.name();
  const bool brightness = type.GetFieldIndex("mag") >= 0 || type.GetFieldIndex("flux") >= 0 ||
                          type.GetFieldIndex("pdcsap_flux") >= 0 || type.GetFieldIndex("psf_flux") >= 0;
  if (type.GetFieldIndex("time") >= 0 && brightness) return light_curve_column(f, survey, only);
  if (type.GetFieldIndex("X") >= 0 && type.GetFieldIndex("Y") >= 0) return catalog_column(f, survey, only);
  if (type.GetFieldIndex("lambda") >= 0 && type.GetFieldIndex("flux") >= 0) {
    c.kind = "spectrum";
    c.modality = only && f.name() == "spectrum" ? "spectrum_" + survey : f.name();
    c.unit = "1e-17 erg/s/cm^2/Angstrom";
    if (survey == "desi" || survey == "sdss") c.quirk = Quirk::kLsfInPixels;
  } else if (type.GetFieldIndex("band") >= 0 && type.GetFieldIndex("flux") >= 0) {
    c.kind = "image";
    c.modality = only && f.name() == "image" ? "image_" + survey : f.name();
    c.unit = survey == "legacy" ? "nanomaggy" : "counts";
    c.has_ivar = type.GetFieldIndex("ivar") >= 0;
  } else if (type.GetFieldIndex("bytes") >= 0 && type.GetFieldIndex("path") >= 0) {
    c.kind = "picture";
    c.modality = f.name();
    c.unit = "display";
    c.bands = {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}};
  }
  return c;
}

// As mmu_unfold.h makes them.
bool is_coefficients(const arrow::Field& f) {
  return f.type()->id() == arrow::Type::FIXED_SIZE_LIST && f.type()->field(0)->type()->id() == arrow::Type::FLOAT &&
         (f.name().ends_with("_coefficients") || f.name().ends_with("_coefficients_error"));
}

struct Published {
  const char *column, *modality, *error_column;
  ErrorKind error;
  Quirk quirk;
};

// Published scalars with a meaning of their own.
const std::vector<Published>& published() {
  static const std::vector<Published> table = {
      {"Z", "redshift", "ZERR", ErrorKind::kSigma, Quirk::kNone},
      {"Z", "redshift", "Z_ERR", ErrorKind::kSigma, Quirk::kNone},
      {"Z", "redshift", "", ErrorKind::kNone, Quirk::kNone},
      {"ZWARN", "redshift_ok", "", ErrorKind::kNone, Quirk::kFlagMeansGood},
      {"ZWARNING", "redshift_ok", "", ErrorKind::kNone, Quirk::kFlagMeansBad},
  };
  return table;
}

std::string stated_unit(const arrow::Field& f) {
  const int at = f.metadata() ? f.metadata()->FindKey("unit") : -1;
  return at < 0 ? "" : f.metadata()->value(at);
}

ModalityColumn scalar_column(const arrow::Schema& schema, const arrow::Field& f, const std::string& survey,
                             std::set<std::string>& used) {
  ModalityColumn c;
  c.kind = "scalar";
  c.column = f.name();
  c.modality = lower(f.name());
  const bool flag = f.type()->id() == arrow::Type::BOOL;
  for (const auto& p : published()) {
    if (f.name() != p.column || (*p.error_column != 0 && !has(schema, p.error_column))) continue;
    if (p.quirk != Quirk::kNone && !flag) continue;  // a bit mask keeps its own name and meaning
    c.modality = p.modality;
    c.extra_column = p.error_column;
    c.error = p.error;
    c.quirk = p.quirk;
    break;
  }
  const size_t under = f.name().rfind('_');
  if (under != std::string::npos && f.name().find("FLUX") != std::string::npos &&
      f.name().find("IVAR") == std::string::npos) {
    const std::string ivar = f.name().substr(0, under) + "_IVAR" + f.name().substr(under);
    const bool in_nanomaggy = survey == "legacy" || survey == "desi" || survey == "sdss" || has(schema, ivar);
    if (in_nanomaggy) c.unit = "nanomaggy";
    if (survey == "sdss" && f.name().rfind("FLUX_", 0) == 0) c.modality = "flux_sdss" + lower(f.name().substr(under));
    if (has(schema, ivar)) {
      c.extra_column = ivar;
      c.error = ErrorKind::kInverseVariance;
    }
  } else if (has(schema, f.name() + "_error")) {
    c.extra_column = f.name() + "_error";
    c.error = ErrorKind::kSigma;
  }
  if (c.unit.empty()) c.unit = survey == "gaia" ? gaia_unit(f.name()) : imaging_unit(f.name(), survey);
  if (const auto stated = stated_unit(f); !stated.empty()) c.unit = stated;
  if (!c.extra_column.empty()) used.insert(c.extra_column);
  return c;
}

}  // namespace

Layout mmu_layout(const arrow::Schema& schema, const std::string& name) {
  Layout out;
  out.survey = mmu_survey(schema, name);
  const auto first_of = [&](std::initializer_list<const char*> names) -> std::string {
    for (const char* n : names)
      if (has(schema, n)) return n;
    for (const char* n : names)  // "OBJECT_ID", "Dec"
      for (const auto& field : schema.fields())
        if (lower(field->name()) == n) return field->name();
    return "";
  };
  out.id_column = first_of({"object_id", "id", "source_id", "objid", "targetid"});
  out.ra_column = first_of({"ra", "ra_deg"});
  out.dec_column = first_of({"dec", "dec_deg"});
  if (has(schema, "survey") && schema.GetFieldByName("survey")->type()->id() == arrow::Type::STRING)
    out.survey_column = "survey";

  std::set<std::string> used = {out.id_column, out.ra_column, out.dec_column}, taken;
  std::vector<ModalityColumn> found;
  for (const auto& f : schema.fields()) {
    ModalityColumn c;
    if (f->type()->id() == arrow::Type::STRUCT) {
      c = struct_column(*f, out.survey, true);
    } else if (is_coefficients(*f)) {
      c.kind = "vector";
      c.column = c.modality = f->name();
    } else if (is_number(*f->type()) && !is_key(f->name()) && used.count(f->name()) == 0) {
      c = scalar_column(schema, *f, out.survey, used);
    }
    if (!c.kind.empty()) found.push_back(c);
  }
  for (auto& c : found) {
    if (used.count(c.column) != 0) continue;  // the error of another column, met before it
    if (!taken.insert(c.modality).second) c.modality = c.column;
    out.modalities.push_back(c);
  }
  return out;
}

}  // namespace asterism::data
