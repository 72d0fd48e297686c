#include "tokenizers/aion/published_codec.h"

#include "base/error.h"
#include "io/json.h"
#include "tokenizers/aion/catalog.h"
#include "tokenizers/aion/image.h"
#include "tokenizers/aion/multi_scalar.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/aion/segmentation_map.h"
#include "tokenizers/aion/spectrum.h"

namespace asterism::tokenizers::aion {

namespace {

const TokenKey kTokenKeys[] = {
    {"catalog", "catalog", kCatalogKind},
    {"tok_a_g", "a_g", "aion_scalar"},
    {"tok_a_i", "a_i", "aion_scalar"},
    {"tok_a_r", "a_r", "aion_scalar"},
    {"tok_a_y", "a_y", "aion_scalar"},
    {"tok_a_z", "a_z", "aion_scalar"},
    {"tok_dec", "dec", "aion_scalar"},
    {"tok_ebv", "EBV", "aion_scalar"},
    {"tok_flux_bp_gaia", "phot_bp_mean_flux", "aion_log_scalar"},
    {"tok_flux_g", "FLUX_G", "aion_log_scalar"},
    {"tok_flux_g_gaia", "phot_g_mean_flux", "aion_log_scalar"},
    {"tok_flux_i", "FLUX_I", "aion_log_scalar"},
    {"tok_flux_r", "FLUX_R", "aion_log_scalar"},
    {"tok_flux_rp_gaia", "phot_rp_mean_flux", "aion_log_scalar"},
    {"tok_flux_w1", "FLUX_W1", "aion_log_scalar"},
    {"tok_flux_w2", "FLUX_W2", "aion_log_scalar"},
    {"tok_flux_w3", "FLUX_W3", "aion_log_scalar"},
    {"tok_flux_w4", "FLUX_W4", "aion_log_scalar"},
    {"tok_flux_z", "FLUX_Z", "aion_log_scalar"},
    {"tok_image", "image", "aion_image"},
    {"tok_image_hsc", "image", "aion_image"},
    {"tok_mag_g", "g_cmodel_mag", "aion_scalar"},
    {"tok_mag_i", "i_cmodel_mag", "aion_scalar"},
    {"tok_mag_r", "r_cmodel_mag", "aion_scalar"},
    {"tok_mag_y", "y_cmodel_mag", "aion_scalar"},
    {"tok_mag_z", "z_cmodel_mag", "aion_scalar"},
    {"tok_parallax", "parallax", "aion_log_scalar"},
    {"tok_ra", "ra", "aion_scalar"},
    {"tok_segmap", "segmentation_map", kSegmentationMapKind},
    {"tok_shape11", "i_sdssshape_shape11", "aion_scalar"},
    {"tok_shape12", "i_sdssshape_shape12", "aion_scalar"},
    {"tok_shape22", "i_sdssshape_shape22", "aion_scalar"},
    {"tok_shape_e1", "SHAPE_E1", "aion_scalar"},
    {"tok_shape_e2", "SHAPE_E2", "aion_scalar"},
    {"tok_shape_r", "SHAPE_R", "aion_log_scalar"},
    {"tok_spectrum_desi", "spectrum", "aion_spectrum"},
    {"tok_spectrum_sdss", "spectrum", "aion_spectrum"},
    {"tok_xp_bp", "bp_coefficients", "aion_multi_scalar"},
    {"tok_xp_rp", "rp_coefficients", "aion_multi_scalar"},
    {"tok_z", "Z", "aion_grid_scalar"},
};

}  // namespace

std::span<const TokenKey> token_keys() { return kTokenKeys; }

std::unique_ptr<Tokenizer> make_published(const PublishedFolder& folder) {
  if (folder.kind == "aion_image") return std::make_unique<AionImage>(folder);
  if (folder.kind == "aion_spectrum") return std::make_unique<AionSpectrum>(folder);
  if (folder.kind == "aion_multi_scalar") return std::make_unique<AionMultiScalar>(folder);
  if (folder.kind == kCatalogKind) return std::make_unique<AionCatalog>(folder);
  if (folder.kind == kSegmentationMapKind) return std::make_unique<AionSegmentationMap>(folder);
  return std::make_unique<AionScalar>(folder);
}

std::shared_ptr<Tokenizer> load_published(const std::filesystem::path& folder, bool reference_behaviour) {
  if (!is_published(folder))
    base::user_error("'{}' holds a tokenizer of ours, not a published codec.", folder.string());
  auto found = read_published(folder);
  if (reference_behaviour) {
    auto config = io::parse_json(found.config_json, found.source);
    config["reference_behaviour"] = true;
    found.config_json = io::dump_json(config);
  }
  return make_published(found);
}

CodecSet::CodecSet(std::filesystem::path root, bool reference_behaviour)
    : root_(std::move(root)), reference_behaviour_(reference_behaviour) {}

std::shared_ptr<Tokenizer> CodecSet::codec(const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..")
    base::user_error("'{}' is no name of a codec folder.", name);
  const auto folder = root_ / name;
  if (!std::filesystem::is_directory(folder)) base::user_error("there is no codec folder '{}'.", folder.string());
  const auto place = std::filesystem::canonical(folder);
  const auto found = loaded_.find(place);
  if (found != loaded_.end()) return found->second;
  return loaded_.emplace(place, load_published(folder, reference_behaviour_)).first->second;
}

std::shared_ptr<Tokenizer> CodecSet::of_modality(const std::string& token_key) {
  std::vector<std::string> known;
  for (const auto& entry : token_keys()) {
    if (token_key == entry.token_key) return codec(entry.codec);
    known.push_back(entry.token_key);
  }
  base::user_error("the published model has no modality '{}'; the nearest is '{}'.", token_key,
                   base::nearest(token_key, known));
}

}  // namespace asterism::tokenizers::aion
