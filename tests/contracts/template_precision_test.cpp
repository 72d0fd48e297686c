// Codecs that solve for templates do so in fp32, whatever precision the networks beside them compute in.
#include <gtest/gtest.h>

#include "../tokenizers/example_blocks.h"
#include "../tokenizers/example_cubes.h"
#include "nn/autocast.h"
#include "tokenizers/all.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::tokenizers {
namespace {

struct TemplateCodec {
  std::string kind, settings;
  modalities::Block blocks;
};

std::vector<TemplateCodec> template_codecs() {
  return {
      {"spectrum_templates",
       R"({"wavelength_low": 3700, "wavelength_high": 9700, "pixels": 128, "redshift_low": [0], "redshift_high": [0.5], "directions": [3]})",
       test::spectra(64, 300)},
      {"cube_templates",
       R"({"wavelength_low": 3700, "wavelength_high": 9700, "pixels": 64, "size": 6, "directions": 3, "ring_tokens": [3, 2, 1]})",
       test::cubes(64)},
      {"image_templates",
       R"({"size": 16, "frames": ["size", "both"], "angles": 4, "sizes": 4, "directions": 4, "tokens": 2, "fit_rounds": 2})",
       test::images(64, 16)},
      {"image_scenes",
       R"({"size": 16, "galaxy_directions": 6, "point_directions": 1, "tokens": 3, "token_bits": 10, "fit_rounds": 2, "posing": []})",
       test::images(64, 16)}};
}

at::Tensor fluxes_of(const modalities::Block& block) {
  std::vector<float> out;
  std::visit(
      [&](const auto& b) {
        if constexpr (requires { b.flux; }) out.assign(b.flux.begin(), b.flux.end());
      },
      block);
  return at::tensor(out);
}

TEST(TemplateCodecs, AnswerInHalfPrecisionAsInFull) {
  for (const auto& [kind, settings, all] : template_codecs()) {
    const auto codec = make_tokenizer(kind, settings, 5);
    codec->fit(all);
    const auto given = modalities::select(all, {0, 1, 2, 3, 4, 5});
    at::NoGradGuard no_grad;
    const auto tokens = codec->encode(given);
    const auto flux = fluxes_of(codec->decode(tokens, {}));
    const double loss = codec->learn({{&given}, {}}).loss.item<double>();
    const nn::Autocast half(nn::Precision::bf16);
    EXPECT_TRUE(at::equal(codec->encode(given).ids, tokens.ids)) << kind;
    EXPECT_TRUE(at::equal(fluxes_of(codec->decode(tokens, {})), flux)) << kind;
    EXPECT_EQ(codec->learn({{&given}, {}}).loss.item<double>(), loss) << kind;
    if (const auto* templates = dynamic_cast<const SpectrumTemplates*>(codec.get())) {
      const auto rough = templates->redshift_scores(given).score_MS;
      const nn::Autocast full(nn::Precision::fp32);
      EXPECT_TRUE(at::equal(templates->redshift_scores(given).score_MS, rough));
    }
  }
}

}  // namespace
}  // namespace asterism::tokenizers
