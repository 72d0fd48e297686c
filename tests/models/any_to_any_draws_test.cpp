// Draws of images and spectra by an any-to-any model: schemes, cuts, guidance.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "base/error.h"
#include "base/random.h"
#include "models/any_to_any.h"
#include "models/maskgit.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

// Its weights are far from their first values, so that what is given makes a difference.
AnyToAny drawing_model(const modalities::Batch& batch) {
  AnyToAny model(tiny::sky_model(), tiny::codecs(batch));
  model.fit(batch);
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : model.parameters().parameters())
    tensor.add_(nn::initial_value(tensor.sizes(), nn::Init::normal(0.2), 5, name));
  return model;
}

PredictRequest draw_of(std::vector<std::string> given, std::vector<std::string> targets) {
  PredictRequest request;
  request.given = std::move(given);
  request.targets = std::move(targets);
  request.sampler.steps = 3;
  return request;
}

// Draws of every kind: those of an object are its own, and a setting that is given does something.
TEST(AnyToAnyDraws, SamplersDrawAsTheyAreTold) {
  const auto batch = tiny::sky(6);
  const auto model = drawing_model(batch);
  for (const char* target : {"image_legacy", "spectrum_desi"}) {
    const auto drawn = [&](const auto& change, const modalities::Batch& objects) {
      auto request = draw_of({"flux_g", "redshift"}, {target});
      change(request.sampler);
      return model.predict(objects, request).blocks.at(target).ids_NT[0];
    };
    const auto plain = drawn([](Sampler&) {}, batch);
    const auto differs = [&](const char* what, const auto& change) {
      const auto ids = drawn(change, batch);
      EXPECT_FALSE(at::equal(ids, plain)) << target << ": " << what;
      EXPECT_TRUE(at::equal(drawn(change, modalities::select(batch, {4}))[0], ids[4])) << target << ": " << what;
      EXPECT_TRUE(at::equal(drawn(change, batch), ids)) << target << ": " << what;
    };
    differs("roar", [](Sampler& s) { s.scheme = "roar"; });
    differs("top_k", [](Sampler& s) { s.top_k = 2; });
    differs("top_p", [](Sampler& s) { s.top_p = 0.2; });
    differs("temperature_schedule", [](Sampler& s) { s.temperature = 3, s.temperature_schedule = "linear"; });
    differs("guidance", [](Sampler& s) { s.guidance = 8; });
    const auto coldest = drawn([](Sampler& s) { s.temperature = 0, s.steps = 1; }, batch);
    EXPECT_TRUE(at::equal(drawn([](Sampler& s) { s.top_k = 1, s.steps = 1; }, batch), coldest)) << target;
    auto request = draw_of({"flux_g"}, {target});
    for (const auto& [word, change] : std::map<std::string, std::function<void(Sampler&)>>{
             {"choose 'maskgit' or 'roar'", [](Sampler& s) { s.scheme = "autoregressive"; }},
             {"top_p 2", [](Sampler& s) { s.top_p = 2; }},
             {"temperature schedule", [](Sampler& s) { s.temperature_schedule = "cold"; }},
             {"which is not given", [](Sampler& s) {
                s.guidance.of = {{"flux_r", 2}};
              }}}) {
      request.sampler = {};
      change(request.sampler);
      try {
        model.predict(batch, request);
        ADD_FAILURE() << "accepted: " << word;
      } catch (const base::UserError& e) {
        EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
      }
    }
  }
}

// The draws under guidance by two inputs are those of l_u + w_1 (l_1 - l_u) + w_2 (l_2 - l_u), made here from the
// logits of each world; so are those under guidance by everything.
TEST(AnyToAnyDraws, GuidanceMixesLogits) {
  const auto batch = tiny::sky(40);
  const auto model = drawing_model(batch);
  std::vector<uint64_t> keys;
  for (const auto& object : batch.objects) keys.push_back(object.hash());
  for (const std::string target : {"image_legacy", "spectrum_desi"}) {
    const auto logits = [&](std::vector<std::string> given) {
      auto request = draw_of(std::move(given), {target});
      request.unconditional = request.given.empty();
      return model.code_logits_NTV(batch, request).flatten(0, 1).to(at::kDouble);
    };
    const auto prior = logits({}), flux = logits({"flux_g"}), redshift = logits({"redshift"}),
               both = logits({"flux_g", "redshift"});
    const auto possible = at::isfinite(prior);  // the norm of a spectrum has a range of its own
    const auto mix = [&](double weight_flux, double weight_redshift, double weight_both) {
      const auto out =
          prior + weight_flux * (flux - prior) + weight_redshift * (redshift - prior) + weight_both * (both - prior);
      return at::where(possible, out, at::full({}, -INFINITY, at::kDouble));
    };
    auto request = draw_of({"flux_g", "redshift"}, {target});
    request.sampler.steps = 1;
    request.sampler.seed = 5;
    const auto tokens = model.codec(target).num_tokens();
    const auto uniform = keyed_uniforms(at::zeros({40, tokens}, at::kBool), keys, 5 + base::stable_hash(target), 0);
    const auto same = [&](const Guidance& guidance, const at::Tensor& by_hand) {
      request.sampler.guidance = guidance;
      const auto ids = model.predict(batch, request).blocks.at(target).ids_NT[0];
      return ids.flatten().eq(draw_codes(by_hand, uniform, 1).ids_R).to(at::kDouble).mean().item<double>();
    };
    Guidance two;
    two.of = {{"flux_g", 4}, {"redshift", -3}};
    EXPECT_GE(same(two, mix(4, -3, 0)), 0.99) << target;
    EXPECT_LT(same(two, mix(4, 3, 0)), 0.97) << target;
    EXPECT_GE(same(6, mix(0, 0, 6)), 0.99) << target;
    EXPECT_GE(same(1, both), 0.99) << target;
    EXPECT_GE(same(0, prior), 0.99) << target;
  }
  EXPECT_THROW(model.code_logits_NTV(batch, draw_of({"flux_g"}, {"redshift"})), base::UserError);
  EXPECT_THROW(model.code_logits_NTV(batch, draw_of({"flux_g"}, {"image_legacy", "spectrum_desi"})), base::UserError);
}

// Inputs that are weighed one by one leave out those without a weight: of a chain not what was drawn before.
TEST(AnyToAnyDraws, AChainUnderGuidanceIsGivenWhatWasDrawn) {
  const auto batch = tiny::sky(6);
  const auto model = drawing_model(batch);
  auto request = draw_of({"flux_g"}, {"image_legacy", "spectrum_desi"});
  request.sampler.guidance.of = {{"flux_g", 2}};
  const auto drawn = model.sample_joint(batch, request).front();
  auto seen = batch;
  seen.blocks["image_legacy"] = drawn.blocks.at("image_legacy");
  const auto flux = [](const modalities::Block& block) { return std::get<modalities::SpectrumBlock>(block).flux; };
  const auto last = [&](const std::map<std::string, double>& weights) {
    auto one = draw_of({"flux_g", "image_legacy"}, {"spectrum_desi"});
    one.sampler.guidance.of = weights;
    one.sampler.seed = base::stable_hash("spectrum_desi");
    return flux(model.predict(seen, one).blocks.at("spectrum_desi").samples[0]);
  };
  EXPECT_EQ(flux(drawn.blocks.at("spectrum_desi")), last({{"flux_g", 2}, {"image_legacy", 1}}));
  EXPECT_NE(flux(drawn.blocks.at("spectrum_desi")), last({{"flux_g", 2}}));
}

// The token of brightness has codes of its own, more or fewer than places have: what is drawn can be decoded.
TEST(AnyToAnyDraws, TheBrightnessOfAnImageHasCodesOfItsOwn) {
  const auto batch = tiny::sky(12);
  for (const int64_t bins : {4, 40})
    for (const int64_t of_whole : {0, 6}) {
      tokenizers::ImageCodecSettings s;
      s.size = tiny::kSide;
      s.embed = 4;
      s.widths = {8, 8};
      s.depths = {1, 1};
      s.levels = {5, 3};
      s.norm_bins = bins;
      s.tokens = of_whole;
      auto codecs = tiny::codecs(batch);
      codecs["image_legacy"] = std::make_shared<tokenizers::ImageCodec>(s, 1);
      codecs["image_legacy"]->fit(batch.blocks.at("image_legacy"));
      AnyToAny model(tiny::sky_model(), codecs);
      model.fit(batch);
      const auto drawn = model.predict(batch, draw_of({"flux_g"}, {"image_legacy"})).blocks.at("image_legacy");
      EXPECT_LT(drawn.ids_NT[0].select(1, 0).max().item<int64_t>(), bins);
      EXPECT_LT(drawn.ids_NT[0].narrow(1, 1, drawn.ids_NT[0].size(1) - 1).max().item<int64_t>(), 15);
      EXPECT_TRUE(std::isfinite(model.loss(batch, {1, 1, true}).loss.item<double>()));
    }
}

}  // namespace
}  // namespace asterism::models
