// What every tokenizer promises, one body for all entries of tokenizers/all.cpp, and for the ways to know bands and to
// quantise that change what they do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../tokenizers/example_blocks.h"
#include "../tokenizers/example_cubes.h"
#include "../tokenizers/example_maps.h"
#include "astro/units.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "nn/nothing_to_learn.h"
#include "pretend_device.h"
#include "tokenizers/all.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

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

modalities::Block example_for(const std::string& modality, int64_t n, uint64_t seed = 1) {
  if (modality == "scalar") return test::scalars(n, seed);
  if (modality == "spectrum") return test::spectra(n, 300, seed);
  if (modality == "vector") return test::vectors(n, 6, seed);
  if (modality == "catalog") return test::catalogs(n, seed);
  if (modality == "map") return test::maps(n, 96, seed);
  if (modality == "light_curve") return test::light_curves(n, 60, seed);
  if (modality == "cube") return test::cubes(n, 120, 6, 6, seed);
  return test::images(n, 16, seed);
}

void hide(modalities::Block& block, int64_t row) {
  std::visit(
      [row](auto& b) {
        if constexpr (requires { test::hide(b, row); }) test::hide(b, row);
      },
      block);
}

// Every `step`-th value masked, with `value` below the mask. False: blocks of the kind have no mask.
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

template <class F>
std::string user_error_of(F&& f) {
  try {
    f();
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "no UserError";
}

struct Entry {
  std::string name, modality, settings, label;
};

std::vector<Entry> entries() {
  std::vector<Entry> out;
  for (const auto& kind : kinds()) out.push_back({kind.name, kind.modality, small_settings(kind.name), kind.name});
  const auto variant = [&](const std::string& name, const std::string& modality, const std::string& more,
                           const std::string& label) {
    const auto plain = small_settings(name);
    out.push_back({name, modality, plain.substr(0, plain.size() - 1) + ", " + more + "}", name + "_" + label});
  };
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

class TokenizerContract : public testing::TestWithParam<Entry> {
 protected:
  TokenizerContract() : tokenizer_(fresh()) {}
  std::unique_ptr<Tokenizer> fresh() const {
    auto out = make_tokenizer(GetParam().name, GetParam().settings, 5);
    out->fit(block(64));
    return out;
  }
  modalities::Block block(int64_t n, uint64_t seed = 1) const { return example_for(GetParam().modality, n, seed); }
  std::unique_ptr<Tokenizer> tokenizer_;
};
INSTANTIATE_TEST_SUITE_P(, TokenizerContract, testing::ValuesIn(entries()),
                         [](const auto& info) { return info.param.label; });

TEST_P(TokenizerContract, IdsAreInRangeAndDecode) {
  EXPECT_EQ(tokenizer_->kind(), GetParam().name);
  const auto given = block(8);
  const auto tokens = tokenizer_->encode(given);
  EXPECT_EQ(tokens.ids.sizes(), at::IntArrayRef({8, tokenizer_->num_tokens()}));
  EXPECT_EQ(tokens.ids.scalar_type(), at::kLong);
  EXPECT_TRUE(tokens.present.all().item<bool>());
  EXPECT_GE(tokens.ids.min().item<int64_t>(), 0);
  EXPECT_LT(tokens.ids.max().item<int64_t>(), tokenizer_->vocabulary());
  const auto back = tokenizer_->decode(tokens, {});
  EXPECT_NO_THROW(modalities::check("decoded", back));
  EXPECT_EQ(modalities::kind(back), modalities::kind(given));
  EXPECT_EQ(modalities::rows(back), 8);
}

TEST_P(TokenizerContract, TheSameTwice) {
  EXPECT_TRUE(at::equal(tokenizer_->encode(block(4)).ids, tokenizer_->encode(block(4)).ids));
  EXPECT_TRUE(at::equal(tokenizer_->encode(block(4)).ids, fresh()->encode(block(4)).ids));
}

TEST_P(TokenizerContract, MissingInMissingOut) {
  auto given = block(5);
  const auto whole = tokenizer_->encode(given);
  hide(given, 1);
  hide(given, 4);
  const auto tokens = tokenizer_->encode(given);
  for (const int64_t row : {0, 2, 3}) {
    EXPECT_TRUE(tokens.present[row].item<bool>());
    EXPECT_GT((tokens.ids[row] == whole.ids[row]).to(at::kFloat).mean().item<double>(), 0.98);
  }
  for (const int64_t row : {1, 4}) {
    EXPECT_FALSE(tokens.present[row].item<bool>());
    EXPECT_EQ(tokens.ids[row].abs().sum().item<int64_t>(), 0);
  }
  const auto back = tokenizer_->decode(tokens, {});
  EXPECT_EQ(modalities::present(back)[1], 0);
  EXPECT_EQ(modalities::present(back)[2], 1);
  EXPECT_NO_THROW(modalities::check("decoded", back));
}

TEST_P(TokenizerContract, NothingAtAllIsFine) {
  auto given = block(2);
  hide(given, 0);
  hide(given, 1);
  EXPECT_FALSE(tokenizer_->encode(given).present.any().item<bool>());
  const auto none = tokenizer_->encode(modalities::select(given, {}));
  EXPECT_EQ(none.ids.sizes(), at::IntArrayRef({0, tokenizer_->num_tokens()}));
  EXPECT_EQ(modalities::rows(tokenizer_->decode(none, {})), 0);
}

TEST_P(TokenizerContract, NaNNeverPasses) {
  auto given = block(3);
  if (auto* s = std::get_if<modalities::ScalarBlock>(&given)) s->value[1] = NAN;
  if (auto* s = std::get_if<modalities::SpectrumBlock>(&given))
    s->flux[10] = NAN, s->ivar[12] = INFINITY, s->flux[14] = -INFINITY;
  if (auto* s = std::get_if<modalities::CubeBlock>(&given))
    for (size_t k = 0; k < 4; ++k) {  // in the middle of a plane, of an object of its own
      const size_t at = size_t(s->length * 36) + 36 * k + 14;
      (k % 2 == 0 ? s->flux : s->ivar)[at] = k == 0 ? NAN : INFINITY;
      s->mask[at] = 0;
    }
  if (auto* s = std::get_if<modalities::VectorBlock>(&given)) s->value[8] = NAN;
  if (auto* s = std::get_if<modalities::CatalogBlock>(&given)) s->value[12 * 5] = NAN;
  if (auto* s = std::get_if<modalities::MapBlock>(&given)) s->value[10] = NAN, s->value[11] = INFINITY;
  if (auto* s = std::get_if<modalities::LightCurveBlock>(&given))
    s->value[10] = NAN, s->error[12] = INFINITY, s->time_day[14] = NAN, s->value[70] = -INFINITY, s->value[71] = 3e38f;
  if (auto* s = std::get_if<modalities::ImageBlock>(&given))
    s->flux[10] = NAN, s->ivar[12] = NAN, s->flux[14] = INFINITY;
  const auto tokens = tokenizer_->encode(given);
  EXPECT_GE(tokens.ids.min().item<int64_t>(), 0);
  EXPECT_LT(tokens.ids.max().item<int64_t>(), tokenizer_->vocabulary());
  EXPECT_NO_THROW(modalities::check("decoded", tokenizer_->decode(tokens, {})));
  EXPECT_TRUE(at::isfinite(tokenizer_->loss(given).loss).item<bool>());
}

TEST_P(TokenizerContract, EightAtOnceAreEightTimesOne) {
  const auto given = block(8);
  const auto together = tokenizer_->encode(given);
  double same = 0;
  for (int64_t i = 0; i < 8; ++i) {
    const auto alone = tokenizer_->encode(modalities::select(given, {i}));
    same += (alone.ids[0] == together.ids[i]).to(at::kDouble).mean().item<double>() / 8;
  }
  EXPECT_GT(same, 0.99);  // a value on the edge of a code may round either way
}

TEST_P(TokenizerContract, SaveAndLoadBitByBit) {
  const base::TemporaryFolder folder;
  tokenizer_->save(folder / "codec");
  const auto loaded = load_tokenizer(folder / "codec");
  EXPECT_EQ(loaded->kind(), tokenizer_->kind());
  const auto given = block(4, 9);
  const auto tokens = tokenizer_->encode(given);
  EXPECT_TRUE(at::equal(loaded->encode(given).ids, tokens.ids));
  const auto a = tokenizer_->parameters().all(), b = loaded->parameters().all();
  ASSERT_EQ(a.size(), b.size());
  for (const auto& entry : a) EXPECT_TRUE(at::equal(entry.second, b.at(entry.first))) << entry.first;
  loaded->save(folder / "again");
  EXPECT_TRUE(at::equal(load_tokenizer(folder / "again")->encode(given).ids, tokens.ids));
}

TEST_P(TokenizerContract, WrongBlocksAreUserErrorsThatSaySo) {
  for (const char* other : {"scalar", "spectrum", "image", "vector", "catalog", "map", "light_curve", "cube"}) {
    if (other == GetParam().modality) continue;
    EXPECT_THAT(user_error_of([&] { tokenizer_->encode(example_for(other, 2)); }), HasSubstr(GetParam().modality));
  }
  auto unit = block(2);
  std::visit(
      [](auto& b) {
        if constexpr (requires { b.unit; }) b.unit = "furlong";
        if constexpr (requires { b.columns; }) b.columns.back().unit = "furlong";
        if constexpr (requires { b.layers; }) b.layers[0].unit = "furlong";
      },
      unit);
  if (!std::holds_alternative<modalities::VectorBlock>(unit)) {  // vectors have none
    EXPECT_THAT(user_error_of([&] { tokenizer_->encode(unit); }), HasSubstr("furlong"));
  }
  auto shape = block(2);
  std::visit([](auto& b) { b.n = 3; }, shape);
  EXPECT_THAT(user_error_of([&] { tokenizer_->encode(shape); }), HasSubstr("present"));
  const Tokens wrong{at::zeros({2, tokenizer_->num_tokens() + 1}, at::kLong), at::ones({2}, at::kBool)};
  EXPECT_THAT(user_error_of([&] { tokenizer_->decode(wrong, {}); }), HasSubstr(GetParam().name));
  const Tokens large{at::full({2, tokenizer_->num_tokens()}, tokenizer_->vocabulary(), at::kLong),
                     at::ones({2}, at::kBool)};
  EXPECT_THAT(user_error_of([&] { tokenizer_->decode(large, {}); }), HasSubstr("outside"));
}

// Nanomaggies as microjanskys, spectra in 1e-16 instead of 1e-17 erg/s/cm^2/A: the same tokens.
TEST_P(TokenizerContract, AnotherUnitOfTheSameQuantityGivesTheSameTokens) {
  auto given = block(8);
  const auto tokens = tokenizer_->encode(given);
  const auto convert = [](auto& b, const char* unit, double factor) {
    if constexpr (requires {
                    b.flux;
                    b.ivar;
                    b.unit;
                  }) {
      for (auto& v : b.flux) v = float(double(v) * factor);
      for (auto& v : b.ivar) v = float(double(v) / (factor * factor));
      b.unit = unit;
    } else if constexpr (
        requires { b.has_error, b.unit; } || requires { b.upper_limit, b.unit; }) {
      for (auto& v : b.value) v = std::decay_t<decltype(v)>(double(v) * factor);
      for (auto& v : b.error) v = std::decay_t<decltype(v)>(double(v) * factor);
      b.unit = unit;
    }
  };
  const bool spectrum =
      std::holds_alternative<modalities::SpectrumBlock>(given) || std::holds_alternative<modalities::CubeBlock>(given);
  std::visit(
      [&](auto& b) {
        convert(b, spectrum ? "1e-16 erg/s/cm^2/Angstrom" : "uJy",
                spectrum ? 0.1 : astro::unit_factor("nanomaggy", "uJy"));
      },
      given);
  const auto again = tokenizer_->encode(given);
  EXPECT_TRUE(at::equal(again.present, tokens.present));
  EXPECT_GT((again.ids == tokens.ids).to(at::kFloat).mean().item<double>(), 0.99);  // but for rounding at an edge
}

TEST_P(TokenizerContract, GradientReachesEveryParameter) {
  const auto outcome = tokenizer_->loss(block(8));
  EXPECT_EQ(outcome.weight, 8);
  EXPECT_EQ(outcome.loss.dim(), 0);
  if (tokenizer_->parameters().trainable().empty()) return;  // bins: nothing is learned by gradient
  outcome.loss.backward();
  for (const auto& entry : tokenizer_->parameters().parameters()) {
    ASSERT_TRUE(entry.second.grad().defined()) << entry.first;
    EXPECT_TRUE(at::isfinite(entry.second.grad()).all().item<bool>()) << entry.first;
    // kept because published files hold them, though nothing depends on them: a softmax ignores a constant, and so do
    // codes whose mean is taken away
    if (entry.first.ends_with("to_k.bias") || entry.first == "encoder.norm.bias") continue;
    EXPECT_GT(entry.second.grad().abs().max().item<double>(), 0) << entry.first;
  }
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

TEST_P(TokenizerContract, ADeviceAnswersAsTheCpuDoes) {
  auto given = block(9);
  hide(given, 3);
  const auto here = tokenizer_->encode(given);
  const auto device = test::a_device();
  const auto moved = fresh();
  moved->to(device);
  const auto there = moved->encode(given);
  EXPECT_TRUE(there.ids.device().is_cpu());
  EXPECT_TRUE(at::equal(there.present, here.present));
  EXPECT_GT((there.ids == here.ids).to(at::kFloat).mean().item<double>(), 0.995);  // but for rounding at an edge
  const auto near = values_of(tokenizer_->decode(here, {})), far = values_of(moved->decode(here, {}));
  EXPECT_TRUE(at::allclose(far, near, 1e-3, 1e-4 * near.abs().max().item<double>()));
  if (const auto vectors = tokenizer_->vectors(here); vectors.defined()) {
    EXPECT_TRUE(moved->vectors(here).device().is_cpu());
    EXPECT_TRUE(at::allclose(moved->vectors(here), vectors, 1e-3, 1e-3));
  }
  auto first_fitted = make_tokenizer(GetParam().name, GetParam().settings, 5);
  first_fitted->to(device);
  first_fitted->fit(block(64));
  EXPECT_TRUE(at::equal(first_fitted->encode(given).ids, there.ids));
  const base::TemporaryFolder folder;
  moved->save(folder / "codec");
  EXPECT_TRUE(at::equal(load_tokenizer(folder / "codec")->encode(given).ids, here.ids));
}

TEST_P(TokenizerContract, ADeviceLearnsAsTheCpuDoes) {
  auto given = block(9);
  hide(given, 3);
  const auto device = test::a_device();
  const auto moved = fresh();
  moved->to(device);
  const auto near = tokenizer_->loss(given), far = moved->loss(given);
  EXPECT_EQ(far.weight, near.weight);
  EXPECT_NEAR(far.loss.item<double>(), near.loss.item<double>(), 1e-3 * std::abs(near.loss.item<double>()));
  for (const auto& [name, value] : near.figures)
    EXPECT_NEAR(far.figures.at(name).item<double>(), value.item<double>(), 2e-3 * std::abs(value.item<double>()) + 1e-6)
        << name;
  if (moved->parameters().trainable().empty()) return;  // tables stay on the CPU
  EXPECT_EQ(far.loss.device(), device);
  near.loss.backward();
  far.loss.backward();
  for (const auto& [name, tensor] : moved->parameters().parameters()) {
    EXPECT_EQ(tensor.device(), device) << name;
    const auto mine = tokenizer_->parameters().parameters().at(name).grad();
    ASSERT_TRUE(tensor.grad().defined()) << name;
    if (name.ends_with("to_k.bias") || name == "encoder.norm.bias") continue;  // rounding: nothing depends on them
    EXPECT_TRUE(at::allclose(tensor.grad().to(at::kCPU), mine, 1e-2, 1e-5 + 1e-3 * mine.abs().max().item<double>()))
        << name;
  }
}

TEST_P(TokenizerContract, AbsentAndMaskedValuesHaveNoInfluenceOnTheLoss) {
  auto given = block(4);
  hide(given, 3);
  const double three = tokenizer_->loss(given).loss.item<double>();
  EXPECT_NEAR(fresh()->loss(modalities::select(given, {0, 1, 2})).loss.item<double>(), three,  // a code book has moved
              1e-4 * std::abs(three));
}

TEST_P(TokenizerContract, WhatIsBelowAMaskHasNoInfluenceOnTheLoss) {
  auto given = block(4), other = given;
  if (!mask_some(given, 29, 0) || GetParam().name == "aion_spectrum") return;  // its encoder reads it, as published
  mask_some(other, 29, 1e4f);
  const double loss = tokenizer_->loss(given).loss.item<double>();
  EXPECT_NEAR(fresh()->loss(other).loss.item<double>(), loss, 1e-6 * std::abs(loss));
}

TEST_P(TokenizerContract, WhatIsMaskedAltogetherIsNothingToLearn) {
  auto given = block(3);
  if (mask_some(given, 1, 0)) EXPECT_THROW(tokenizer_->learn({{&given}, {}}), nn::NothingToLearn);
}

}  // namespace
}  // namespace asterism::tokenizers
