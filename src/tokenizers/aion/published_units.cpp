#include "tokenizers/aion/published_units.h"

namespace asterism::tokenizers::aion {

namespace {

// By survey: Legacy Survey and its WISE photometry, spectroscopic redshifts, HSC, Gaia.
constexpr struct {
  const char *modality, *unit;
} kUnits[] = {
    {"FLUX_G", "nanomaggy"},
    {"FLUX_R", "nanomaggy"},
    {"FLUX_I", "nanomaggy"},
    {"FLUX_Z", "nanomaggy"},
    {"FLUX_W1", "nanomaggy"},
    {"FLUX_W2", "nanomaggy"},
    {"FLUX_W3", "nanomaggy"},
    {"FLUX_W4", "nanomaggy"},
    {"SHAPE_R", "arcsec"},
    {"SHAPE_E1", ""},
    {"SHAPE_E2", ""},
    {"EBV", "mag"},
    {"Z", ""},
    {"a_g", "mag"},
    {"a_r", "mag"},
    {"a_i", "mag"},
    {"a_z", "mag"},
    {"a_y", "mag"},
    {"g_cmodel_mag", "mag"},
    {"r_cmodel_mag", "mag"},
    {"i_cmodel_mag", "mag"},
    {"z_cmodel_mag", "mag"},
    {"y_cmodel_mag", "mag"},
    {"phot_g_mean_flux", "electron/s"},
    {"phot_bp_mean_flux", "electron/s"},
    {"phot_rp_mean_flux", "electron/s"},
    {"parallax", "mas"},
    {"ra", "deg"},
    {"dec", "deg"},
};

}  // namespace

std::optional<std::string> published_unit(const std::string& modality) {
  for (const auto& known : kUnits)
    if (modality == known.modality) return known.unit;
  return std::nullopt;
}

}  // namespace asterism::tokenizers::aion
