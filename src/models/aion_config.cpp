#include "models/aion_config.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "io/json.h"
#include "nn/mlp.h"

namespace asterism::models {
namespace {

// Keys of the package's constructor that act in its training only.
const std::set<std::string> kWithoutEffect{"drop_path_rate_encoder", "drop_path_rate_decoder", "shared_drop_path",
                                           "use_act_checkpoint"};

// Reads key by key, and knows in the end which were never asked for.
class Reader {
 public:
  Reader(const nlohmann::json& json, const std::string& source) : json_(json), source_(source) {
    if (!json.is_object()) base::data_error("{} holds no JSON object", source);
  }

  void read(const char* key, int64_t& to, int64_t low, int64_t high) {
    if (!has(key)) return;
    const auto& value = json_.at(key);
    if (!value.is_number_integer()) base::data_error("{}: '{}' is {}, not an integer", source_, key, value.dump());
    to = value.get<int64_t>();
    if (to < low || to > high)
      base::data_error("{}: '{}' is {}; from {} to {} is allowed", source_, key, to, low, high);
  }
  void read(const char* key, double& to, double low, double high) {
    if (!has(key)) return;
    const auto& value = json_.at(key);
    if (!value.is_number()) base::data_error("{}: '{}' is {}, not a number", source_, key, value.dump());
    to = value.get<double>();
    if (!(to >= low && to <= high))
      base::data_error("{}: '{}' is {}; from {} to {} is allowed", source_, key, to, low, high);
  }
  void read(const char* key, bool& to) {
    if (!has(key)) return;
    if (!json_.at(key).is_boolean())
      base::data_error("{}: '{}' is {}, neither true nor false", source_, key, json_.at(key).dump());
    to = json_.at(key).get<bool>();
  }
  void read(const char* key, std::string& to) {
    if (!has(key)) return;
    if (!json_.at(key).is_string()) base::data_error("{}: '{}' is {}, no text", source_, key, json_.at(key).dump());
    to = json_.at(key).get<std::string>();
  }
  std::vector<std::string> names(const char* key) {
    if (!has(key)) base::data_error("{} has no '{}'", source_, key);
    const auto& value = json_.at(key);
    if (!value.is_array()) base::data_error("{}: '{}' is no list", source_, key);
    std::vector<std::string> out;
    for (const auto& item : value) {
      if (!item.is_string() || item.get<std::string>().empty())
        base::data_error("{}: '{}' holds {}, no name", source_, key, item.dump());
      out.push_back(item.get<std::string>());
    }
    auto sorted = out;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      base::data_error("{}: '{}' names '{}' twice", source_, key, *twice);
    return sorted;
  }
  nlohmann::json rest() {
    auto out = nlohmann::json::object();
    const std::vector<std::string> known(known_.begin(), known_.end());
    for (const auto& [key, value] : json_.items()) {
      if (known_.contains(key)) continue;
      if (!kWithoutEffect.contains(key))
        base::data_error("{}: the key '{}' is not known; the nearest is '{}'", source_, key, base::nearest(key, known));
      out[key] = value;
    }
    return out;
  }

 private:
  bool has(const char* key) {
    known_.insert(key);
    return json_.contains(key);
  }
  const nlohmann::json& json_;
  const std::string& source_;
  std::set<std::string> known_;
};

void check_fits(const AionConfig& c, const std::string& source) {
  if (c.dim % c.num_heads != 0)
    base::data_error("{}: 'dim' {} is no multiple of 'num_heads' {}", source, c.dim, c.num_heads);
  if (c.dim % 4 != 0) base::data_error("{}: 'dim' {} is no multiple of 4, as places on a grid need", source, c.dim);
  if (c.domains_in.empty()) base::data_error("{}: 'domains_in' is empty: the model reads nothing", source);
  const auto names = nn::activation_names();
  if (std::find(names.begin(), names.end(), c.act_layer) == names.end())
    base::data_error("{}: no activation '{}'; the nearest is '{}'", source, c.act_layer,
                     base::nearest(c.act_layer, names));
  const auto settings = c.transformer(1);
  if (settings.hidden < 1) base::data_error("{}: 'mlp_ratio' {} leaves the MLP no width", source, c.mlp_ratio);
}

}  // namespace

nn::TransformerSettings AionConfig::transformer(int64_t depth) const {
  nn::TransformerSettings s;
  s.width = dim;
  s.heads = num_heads;
  s.depth = depth;
  s.mlp_ratio = mlp_ratio;
  s.gated_mlp = gated_mlp;
  s.hidden = int64_t(double(dim) * mlp_ratio);  // rounded down before the two thirds, as the package has it
  if (gated_mlp) s.hidden = 2 * s.hidden / 3;
  s.activation = nn::activation_named(act_layer);
  s.qkv_bias = qkv_bias;
  s.proj_bias = proj_bias;
  s.mlp_bias = mlp_bias;
  s.norm_bias = norm_bias;
  s.zero_norm_bias = true;
  s.qk_norm = qk_norm;
  return s;
}

nlohmann::json AionConfig::to_json() const {
  nlohmann::json out{{"domains_in", domains_in},       {"domains_out", domains_out},     {"dim", dim},
                     {"encoder_depth", encoder_depth}, {"decoder_depth", decoder_depth}, {"num_heads", num_heads},
                     {"qkv_bias", qkv_bias},           {"proj_bias", proj_bias},         {"mlp_bias", mlp_bias},
                     {"norm_bias", norm_bias},         {"gated_mlp", gated_mlp},         {"qk_norm", qk_norm},
                     {"act_layer", act_layer}};
  if (mlp_ratio == double(int64_t(mlp_ratio)))
    out["mlp_ratio"] = int64_t(mlp_ratio);
  else
    out["mlp_ratio"] = mlp_ratio;
  if (decoder_causal_mask) out["decoder_causal_mask"] = true;
  if (!decoder_sep_mask) out["decoder_sep_mask"] = false;
  if (!share_modality_embeddings) out["share_modality_embeddings"] = false;
  if (num_register_tokens > 0) out["num_register_tokens"] = num_register_tokens;
  out.update(other);
  return out;
}

AionConfig read_aion_config(const nlohmann::json& json, const std::string& source) {
  AionConfig c;
  Reader r(json, source);
  c.domains_in = r.names("domains_in");
  c.domains_out = r.names("domains_out");
  r.read("dim", c.dim, 4, 65536);
  r.read("encoder_depth", c.encoder_depth, 0, 1000);
  r.read("decoder_depth", c.decoder_depth, 0, 1000);
  r.read("num_heads", c.num_heads, 1, 4096);
  r.read("mlp_ratio", c.mlp_ratio, 0.01, 1024);
  r.read("qkv_bias", c.qkv_bias);
  r.read("proj_bias", c.proj_bias);
  r.read("mlp_bias", c.mlp_bias);
  r.read("norm_bias", c.norm_bias);
  r.read("gated_mlp", c.gated_mlp);
  r.read("qk_norm", c.qk_norm);
  r.read("act_layer", c.act_layer);
  r.read("decoder_causal_mask", c.decoder_causal_mask);
  r.read("decoder_sep_mask", c.decoder_sep_mask);
  r.read("share_modality_embeddings", c.share_modality_embeddings);
  r.read("num_register_tokens", c.num_register_tokens, 0, 65536);
  c.other = r.rest();
  check_fits(c, source);
  return c;
}

AionConfig read_aion_config(const std::filesystem::path& file) {
  return read_aion_config(io::read_json(file), file.string());
}

bool is_aion_config(const nlohmann::json& json) {
  return json.is_object() && !json.contains("kind") && json.contains("domains_in") && json.contains("domains_out");
}

namespace {

// Modalities of one token and 1,024 codes: token key, folder of the codec.
const std::pair<const char*, const char*> kScalars[] = {
    {"tok_a_g", "a_g"},
    {"tok_a_r", "a_r"},
    {"tok_a_i", "a_i"},
    {"tok_a_z", "a_z"},
    {"tok_a_y", "a_y"},
    {"tok_mag_g", "g_cmodel_mag"},
    {"tok_mag_r", "r_cmodel_mag"},
    {"tok_mag_i", "i_cmodel_mag"},
    {"tok_mag_z", "z_cmodel_mag"},
    {"tok_mag_y", "y_cmodel_mag"},
    {"tok_shape11", "i_sdssshape_shape11"},
    {"tok_shape12", "i_sdssshape_shape12"},
    {"tok_shape22", "i_sdssshape_shape22"},
    {"tok_flux_g", "FLUX_G"},
    {"tok_flux_r", "FLUX_R"},
    {"tok_flux_i", "FLUX_I"},
    {"tok_flux_z", "FLUX_Z"},
    {"tok_flux_w1", "FLUX_W1"},
    {"tok_flux_w2", "FLUX_W2"},
    {"tok_flux_w3", "FLUX_W3"},
    {"tok_flux_w4", "FLUX_W4"},
    {"tok_shape_r", "SHAPE_R"},
    {"tok_shape_e1", "SHAPE_E1"},
    {"tok_shape_e2", "SHAPE_E2"},
    {"tok_ebv", "EBV"},
    {"tok_flux_g_gaia", "phot_g_mean_flux"},
    {"tok_flux_bp_gaia", "phot_bp_mean_flux"},
    {"tok_flux_rp_gaia", "phot_rp_mean_flux"},
    {"tok_parallax", "parallax"},
    {"tok_ra", "ra"},
    {"tok_dec", "dec"},
};

}  // namespace

const std::vector<AionModality>& aion_modalities() {
  static const std::vector<AionModality> all = [] {
    std::vector<AionModality> m{
        {"catalog", "catalog", 1, 50, 3468, true, 0},
        {"tok_image", "image", 24, 24, 4375, false, 0},
        {"tok_image_hsc", "image", 24, 24, 4375, false, 0},
        {"tok_segmap", "segmentation_map", 12, 12, 1000, false, 0},
        {"tok_spectrum_desi", "spectrum", 1, 273, 1024, false, 0},
        {"tok_spectrum_sdss", "spectrum", 1, 273, 1024, false, 0},
        {"tok_xp_bp", "bp_coefficients", 1, 55, 1024, false, 0},
        {"tok_xp_rp", "rp_coefficients", 1, 55, 1024, false, 0},
        {"tok_z", "Z", 1, 1, 1025, false, 1024},
    };
    for (const auto& [key, codec] : kScalars) m.push_back({key, codec, 1, 1, 1024, false, 0});
    std::sort(m.begin(), m.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    return m;
  }();
  return all;
}

const AionModality* find_aion_modality(const std::string& key) {
  for (const auto& m : aion_modalities())
    if (m.key == key) return &m;
  return nullptr;
}

AionConfig published_aion_config(const std::string& size) {
  AionConfig c;
  c.gated_mlp = c.qk_norm = true;
  c.qkv_bias = c.proj_bias = c.mlp_bias = c.norm_bias = false;
  c.act_layer = "SiLU";
  for (const auto& m : aion_modalities()) c.domains_in.push_back(m.key);
  c.domains_out = c.domains_in;
  if (size == "base") return c;
  c.encoder_depth = c.decoder_depth = 24;
  c.dim = size == "large" ? 1024 : 2048;
  c.num_heads = c.dim / 64;
  if (size != "large" && size != "xlarge")
    base::user_error("AION-1 has no size '{}'; the nearest is '{}'", size,
                     base::nearest(size, {"base", "large", "xlarge"}));
  return c;
}

}  // namespace asterism::models
