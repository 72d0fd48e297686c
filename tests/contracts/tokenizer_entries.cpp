#include "tests/contracts/tokenizer_entries.h"

#include "../tokenizers/example_blocks.h"
#include "../tokenizers/example_cubes.h"
#include "../tokenizers/example_maps.h"
#include "base/error.h"

namespace asterism::test {

namespace {

// Sizes at which a test is quick; a new kind without an entry here runs at its defaults.
std::string small_settings(const std::string& kind) {
  if (kind == "scalar_bins") return R"({"bins": 32})";
  if (kind == "spectrum_conv")
    return R"({"wavelength_low": 3700, "wavelength_high": 9700, "pixels": 128, "strides": [4, 2], "depths": [1, 1], "widths": [16, 24]})";
  if (kind == "spectrum_templates")
    return R"({"wavelength_low": 3700, "wavelength_high": 9700, "pixels": 128, "redshift_low": [0], "redshift_high": [0.5], "directions": [3]})";
  if (kind == "image_conv") return R"({"size": 16, "embed": 8, "widths": [12, 16], "depths": [1, 1]})";
  if (kind == "image_templates")
    return R"({"size": 16, "frames": ["size", "both"], "angles": 4, "sizes": 4, "directions": 4, "tokens": 2, "fit_rounds": 2})";
  if (kind == "image_scenes")  // tokens without room for a stretch: with it none of these blobs is told to be a point
    return R"({"size": 16, "galaxy_directions": 6, "point_directions": 1, "tokens": 3, "token_bits": 10, "fit_rounds": 2, "posing": []})";
  if (kind == "light_curve_points") return R"({"width": 16, "heads": 2, "latents": 4, "shapes": 8})";
  if (kind == "light_curve_process") return R"({"kinds": 2, "sketch": 6})";
  if (kind == "cube_templates")
    return R"({"wavelength_low": 3700, "wavelength_high": 9700, "pixels": 64, "size": 6, "directions": 3, "ring_tokens": [3, 2, 1]})";
  if (kind == "aion_image")
    return R"({"quantizer_levels": [8, 5, 5], "embedding_dim": 3, "hidden_dims": 16, "multisurvey_projection_dims": 8, "n_compressions": 3, "num_consecutive": 1})";
  if (kind == "aion_spectrum")
    return R"({"num_pixels": 512, "lambda_min": 3600, "resolution": 12.5, "encoder_depths": [1, 1], "encoder_dims": [8, 16], "decoder_depths": [1, 1], "decoder_dims": [8, 2], "latent_channels": 16, "codebook_size": 64, "dim": 6, "embedding_dim": 6})";
  if (kind == "aion_scalar" || kind == "aion_log_scalar") return R"({"codebook_size": 32, "reservoir_size": 200})";
  if (kind == "aion_grid_scalar") return R"({"codebook_size": 32})";
  if (kind == "aion_multi_scalar") return R"({"codebook_size": 32, "reservoir_size": 200, "num_quantizers": 6})";
  if (kind == "aion_catalog") return R"({"codebook_size": 32, "reservoir_size": 200})";
  if (kind == "aion_segmentation_map")
    return R"({"encoder_output_dim": 16, "embedding_dim": 2, "levels": [8, 5], "res_hidden_dims": 4, "num_res_layers": 1})";
  return "{}";
}

}  // namespace

modalities::Block example_for(const std::string& modality, int64_t n, uint64_t seed) {
  if (modality == "scalar") return scalars(n, seed);
  if (modality == "spectrum") return spectra(n, 300, seed);
  if (modality == "vector") return vectors(n, 6, seed);
  if (modality == "catalog") return catalogs(n, seed);
  if (modality == "map") return maps(n, 96, seed);
  if (modality == "light_curve") return light_curves(n, 60, seed);
  if (modality == "cube") return cubes(n, 120, 6, 6, seed);
  return images(n, 16, seed);
}

void hide(modalities::Block& block, int64_t row) {
  std::visit(
      [row](auto& b) {
        if constexpr (requires { test::hide(b, row); }) test::hide(b, row);
      },
      block);
}

bool mask_some(modalities::Block& block, size_t step, float value) {
  return std::visit(
      [&](auto& b) {
        if constexpr (requires { b.mask; }) {
          for (size_t i = 0; i < b.mask.size(); i += step) {
            b.mask[i] = 1;
            if constexpr (requires { b.ivar; }) b.ivar[i] = 0;
            if constexpr (requires { b.flux; }) b.flux[i] = value;
            if constexpr (requires { b.value; }) b.value[i] = value;
            if constexpr (requires { b.upper_limit; }) b.upper_limit[i] = 0;
          }
          return true;
        }
        return false;
      },
      block);
}

at::Tensor values_of(const modalities::Block& block) {
  std::vector<double> out;
  std::visit(
      [&](const auto& b) {
        if constexpr (requires { b.flux; }) out.assign(b.flux.begin(), b.flux.end());
        if constexpr (requires { b.value; }) out.assign(b.value.begin(), b.value.end());
      },
      block);
  EXPECT_FALSE(out.empty());
  return at::tensor(out);
}

std::vector<TokenizerEntry> tokenizer_entries() {
  std::vector<TokenizerEntry> out;
  for (const auto& kind : tokenizers::kinds())
    out.push_back({kind.name, kind.modality, small_settings(kind.name), kind.name});
  const auto variant = [&](const std::string& name, const std::string& modality, const std::string& more,
                           const std::string& label) {
    const auto plain = small_settings(name);
    out.push_back({name, modality, plain.substr(0, plain.size() - 1) + ", " + more + "}", name + "_" + label});
  };
  variant("scalar_bins", "scalar", R"("spacing": "error")", "error");
  variant("image_conv", "image", R"("band_embedding": "field")", "field");
  variant("image_conv", "image", R"("band_embedding": "physical")", "physical");
  variant("image_conv", "image", R"("band_embedding": "physical", "survey_dropout": 1, "scale": "image")", "nameless");
  variant("image_conv", "image", R"("tokens": 8, "norm_bins": 512, "quantiser": "bsq")", "of_image_bsq");
  variant("image_conv", "image", R"("quantiser": "vq", "vq_codes": 32)", "vq");
  variant("light_curve_points", "light_curve", R"("limits": "censored", "quantiser": "lfq")", "censored_lfq");
  variant("spectrum_conv", "spectrum", R"("quantiser": "lfq")", "lfq");
  variant("spectrum_conv", "spectrum", R"("quantiser": "bsq")", "bsq");
  variant("spectrum_conv", "spectrum", R"("quantiser": "vq", "vq_codes": 32, "vq_cosine": false)", "vq");
  return out;
}

modalities::Block TokenizerEntryTest::block(int64_t n, uint64_t seed) const {
  return example_for(GetParam().modality, n, seed);
}

std::unique_ptr<tokenizers::Tokenizer> TokenizerEntryTest::fresh() const {
  auto out = tokenizers::make_tokenizer(GetParam().name, GetParam().settings, 5);
  out->fit(block(64));
  return out;
}

}  // namespace asterism::test
