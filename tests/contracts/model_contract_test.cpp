// What every model promises, on every entry of models/all.cpp. A new entry adds its tiny instance to tiny_models.h.

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "models/all.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/narrow_weights.h"
#include "pretend_device.h"
#include "tiny_models.h"

namespace asterism::models {
namespace {

TEST_P(ModelContract, HasATinyInstance) {
  ASSERT_TRUE(tiny_.model) << "add one to tiny_model in tiny_models.h";
  EXPECT_EQ(tiny_.model->kind(), GetParam());
}

TEST_P(ModelContract, VectorsHaveThePromisedShape) {
  const auto out = tiny_.model->embed(batch_, {});
  EXPECT_EQ(out.vectors_ND.sizes(), (std::vector<int64_t>{5, tiny_.model->width()}));
  EXPECT_EQ(out.vectors_ND.scalar_type(), at::kFloat);
  EXPECT_EQ(out.present_N.scalar_type(), at::kBool);
  EXPECT_TRUE(out.present_N.all().item<bool>());
  EXPECT_FALSE(out.vectors_ND.requires_grad());
  for (int64_t i = 1; i < 5; ++i)
    EXPECT_FALSE(at::allclose(out.vectors_ND[0], out.vectors_ND[i])) << "objects look alike";
  EXPECT_EQ(tiny_.model->embed(modalities::select(batch_, {}), {}).vectors_ND.sizes(),
            (std::vector<int64_t>{0, tiny_.model->width()}));
}

TEST_P(ModelContract, GradientReachesEveryParameter) {
  std::map<std::string, double> reached;
  for (int64_t epoch = 0; epoch < 6; ++epoch) {  // what is given and asked for is drawn: a few draws reach all
    tiny_.model->parameters().zero_grad();
    tiny_.loss(tiny::sky(12), {1, epoch, true}).loss.backward();
    for (const auto& [name, tensor] : tiny_.model->parameters().parameters())
      if (tensor.grad().defined()) reached[name] += tensor.grad().abs().sum().item<double>();
  }
  for (const auto& [name, tensor] : tiny_.model->parameters().parameters()) {
    EXPECT_TRUE(reached[name] > 0 || tiny_.without_gradient.contains(name)) << name;
    EXPECT_TRUE(std::isfinite(reached[name])) << name;
  }
}

TEST_P(ModelContract, ARowOfABatchIsTheRowAlone) {
  tiny::remove(batch_, "image_legacy", 2);
  tiny::remove(batch_, "flux_g", 3);
  const auto together = tiny_.model->embed(batch_, {});
  const auto reversed = tiny_.model->embed(modalities::select(batch_, {4, 3, 2, 1, 0}), {});
  for (int64_t i = 0; i < 5; ++i) {
    const auto alone = tiny_.model->embed(modalities::select(batch_, {i}), {});
    EXPECT_TRUE(at::allclose(alone.vectors_ND[0], together.vectors_ND[i], 1e-4, 1e-5)) << i;
    EXPECT_TRUE(at::allclose(reversed.vectors_ND[4 - i], together.vectors_ND[i], 1e-4, 1e-5)) << i;
  }
}

TEST_P(ModelContract, SaveAndLoadKeepEveryBit) {
  const base::TemporaryFolder folder;
  tiny_.model->save(folder / "model");
  const auto back = load_model(folder / "model");
  EXPECT_EQ(back->kind(), GetParam());
  EXPECT_EQ(back->modalities(), tiny_.model->modalities());
  const auto mine = tiny_.model->parameters().all(), theirs = back->parameters().all();
  ASSERT_EQ(mine.size(), theirs.size());
  for (const auto& [name, tensor] : mine) EXPECT_TRUE(at::equal(tensor, theirs.at(name))) << name;
  EXPECT_TRUE(at::equal(back->embed(batch_, {}).vectors_ND, tiny_.model->embed(batch_, {}).vectors_ND));
}

TEST_P(ModelContract, DamagedFoldersAreRefused) {
  const base::TemporaryFolder folder;
  EXPECT_THROW(load_model(folder / "nowhere"), base::UserError);
  tiny_.model->save(folder / "model");
  auto replace = [&](const char* file, const std::string& text) { std::ofstream(folder / "model" / file) << text; };
  replace("model.safetensors", "short");
  try {
    load_model(folder / "model");
    FAIL() << "loaded";
  } catch (const base::DataError& error) {  // of the file, whatever its config.json would have of it
    EXPECT_EQ(std::string(error.what()).find("larger model"), std::string::npos) << error.what();
  }
  replace("config.json", R"({"kind": "any_to_al"})");
  EXPECT_THROW(load_model(folder / "model"), base::DataError);
  replace("config.json", R"({"kind": )");
  EXPECT_THROW(load_model(folder / "model"), base::DataError);
  replace("config.json", R"({"kind": ")" + GetParam() + R"(", "settings": {"width": -3}})");
  EXPECT_ANY_THROW(load_model(folder / "model"));
}

// Sets every whole number under one of these names.
void set_everywhere(nlohmann::json& json, const std::set<std::string>& names, int64_t value) {
  for (auto& [name, entry] : json.items())
    if (entry.is_structured())
      set_everywhere(entry, names, value);
    else if (entry.is_number_integer() && names.contains(name))
      entry = value;
}

TEST_P(ModelContract, SettingsOfALargerModelThanTheFileHoldsAreRefusedBeforeItIsMade) {
  if (GetParam() == "template_redshift") GTEST_SKIP() << "its size is that of its codec";
  const base::TemporaryFolder folder;
  tiny_.model->save(folder / "model");
  auto json = io::read_json(folder / "model" / "config.json");
  set_everywhere(json, {GetParam() == "adapted" ? "hidden" : "width", "dim"}, 2048);
  io::write_json(folder / "model" / "config.json", json);
  try {
    load_model(folder / "model");
    FAIL() << "loaded";
  } catch (const base::DataError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("model.safetensors"), std::string::npos) << what;
    EXPECT_TRUE(GetParam() == "aion" || what.find("larger model") != std::string::npos) << what;
  }
}

TEST_P(ModelContract, AnySubsetOfTheModalitiesWorks) {
  const auto all = tiny_.model->modalities();
  for (const auto& kept : all) {
    auto some = batch_;
    std::erase_if(some.blocks, [&](const auto& entry) { return entry.first != kept; });
    const auto out = tiny_.model->embed(some, {});
    EXPECT_TRUE(out.present_N.all().item<bool>()) << kept;
    EXPECT_TRUE(at::isfinite(out.vectors_ND).all().item<bool>()) << kept;
    EmbedRequest request;
    request.given = {kept};
    EXPECT_TRUE(at::allclose(tiny_.model->embed(batch_, request).vectors_ND, out.vectors_ND, 1e-4, 1e-5)) << kept;
  }
  auto none = batch_;
  none.blocks.clear();
  const auto out = tiny_.model->embed(none, {});
  EXPECT_FALSE(out.present_N.any().item<bool>());
  EXPECT_EQ(out.vectors_ND.abs().max().item<float>(), 0);
}

TEST_P(ModelContract, ConstantAndAllMaskedInputsStayFinite) {
  auto& image = std::get<modalities::ImageBlock>(batch_.blocks.at("image_legacy"));
  auto& spectrum = std::get<modalities::SpectrumBlock>(batch_.blocks.at("spectrum_desi"));
  const auto pixels = image.flux.size() / 5, length = spectrum.flux.size() / 5;
  for (size_t i = 0; i < 2 * pixels; ++i) image.flux[i] = 1;  // objects 0, 1: constant
  for (size_t i = 2 * pixels; i < 3 * pixels; ++i)
    image.flux[i] = image.ivar[i] = 0, image.mask[i] = 1;  // 2: nothing to see
  for (size_t i = 3 * pixels; i < 4 * pixels; ++i) image.flux[i] = 3e37f, image.ivar[i] = 3e37f;
  for (size_t i = 0; i < 2 * length; ++i) spectrum.flux[i] = 0;
  for (size_t i = 2 * length; i < 3 * length; ++i) spectrum.flux[i] = spectrum.ivar[i] = 0, spectrum.mask[i] = 1;
  for (size_t i = 3 * length; i < 4 * length; ++i) spectrum.flux[i] = -3e37f, spectrum.ivar[i] = 1e-37f;
  for (const auto precision : {nn::Precision::fp32, nn::Precision::bf16}) {
    SCOPED_TRACE(nn::name(precision));
    const nn::Autocast autocast(precision);
    EXPECT_TRUE(at::isfinite(tiny_.model->embed(batch_, {}).vectors_ND).all().item<bool>());
    for (int64_t epoch = 0; epoch < 4; ++epoch) {
      nn::forget_casts();
      tiny_.model->parameters().zero_grad();
      const auto outcome = tiny_.loss(batch_, {1, epoch, true});
      outcome.loss.backward();
      EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>());
      for (const auto& [name, tensor] : tiny_.model->parameters().parameters())
        if (tensor.grad().defined()) {
          EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
        }
    }
  }
}

TEST_P(ModelContract, TrainsInBf16) {
  const double exact = tiny_.loss(batch_, {1, 1, true}).loss.item<double>();
  const nn::Autocast autocast(nn::Precision::bf16);
  const auto outcome = tiny_.loss(batch_, {1, 1, true});
  outcome.loss.backward();
  EXPECT_NEAR(outcome.loss.item<double>(), exact, 0.05 * exact);
  for (const auto& [name, tensor] : tiny_.model->parameters().parameters())
    if (tensor.grad().defined()) {
      EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
    }
}

TEST_P(ModelContract, ADeviceAnswersAsTheCpuDoes) {
  tiny::remove(batch_, "image_legacy", 2);
  const auto here = tiny_.model->embed(batch_, {});
  const auto loss = tiny_.loss(batch_, {1, 1, true}).loss;
  loss.backward();
  const auto device = test::a_device();
  auto there = tiny_model(GetParam());
  there.model->to(device);
  const auto vectors = there.model->embed(batch_, {});
  EXPECT_TRUE(vectors.vectors_ND.device().is_cpu());
  EXPECT_TRUE(vectors.present_N.device().is_cpu());
  EXPECT_TRUE(at::allclose(vectors.vectors_ND, here.vectors_ND, 1e-3, 1e-4));
  const auto far = there.loss(batch_, {1, 1, true}).loss;
  far.backward();
  EXPECT_EQ(far.device(), device);
  EXPECT_NEAR(far.item<double>(), loss.item<double>(), 1e-3 * std::abs(loss.item<double>()));
  for (const auto& [name, tensor] : there.model->parameters().parameters()) {
    EXPECT_EQ(tensor.device(), device) << name;
    const auto mine = tiny_.model->parameters().parameters().at(name).grad();
    ASSERT_EQ(tensor.grad().defined(), mine.defined()) << name;
    if (mine.defined()) {
      EXPECT_TRUE(at::allclose(tensor.grad().to(at::kCPU), mine, 1e-2, 1e-4 + 1e-3 * mine.abs().max().item<double>()))
          << name;
    }
  }
  const base::TemporaryFolder folder;
  there.model->save(folder / "model");
  EXPECT_TRUE(at::allclose(load_model(folder / "model")->embed(batch_, {}).vectors_ND, here.vectors_ND, 1e-3, 1e-4));
}

// As train::gradient_of does it: layers have kernels of their own there, and weights are cast all at once.
TEST_P(ModelContract, TrainsInBf16OnADevice) {
  if (nn::gpus() == 0) GTEST_SKIP() << "autocast knows CPUs and GPUs";
  const auto device = test::a_device();
  tiny_.model->to(device);
  auto& parameters = tiny_.model->parameters();
  const auto wide = tiny_.loss(batch_, {1, 1, true}).loss;
  wide.backward();
  std::map<std::string, at::Tensor> exact;
  for (const auto& [name, tensor] : parameters.parameters()) exact[name] = tensor.grad();
  parameters.zero_grad();
  const nn::Autocast autocast(nn::Precision::bf16, device.type());
  const nn::NarrowWeights narrow(parameters);
  const auto outcome = tiny_.loss(batch_, {1, 1, true});
  outcome.loss.backward();
  EXPECT_NEAR(outcome.loss.item<double>(), wide.item<double>(), 0.05 * wide.item<double>());
  double along = 0, own = 0, whole = 0;
  for (const auto& [name, tensor] : parameters.parameters()) {
    ASSERT_EQ(tensor.grad().defined(), exact.at(name).defined()) << name;
    if (!tensor.grad().defined()) continue;
    EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
    const auto made = tensor.grad().to(at::kDouble), wanted = exact.at(name).to(at::kDouble);
    along += (made * wanted).sum().item<double>();
    own += made.square().sum().item<double>();
    whole += wanted.square().sum().item<double>();
  }
  EXPECT_GT(along / std::sqrt(own * whole), 0.95);
}

// A GPU is fast only where the CPU does not wait for it: a step sends what the batch holds in few copies, none of which
// is waited for, and reads as good as nothing back before the loss is there.
TEST_P(ModelContract, AStepOnADeviceHardlyWaits) {
  if (nn::gpus() > 0) GTEST_SKIP() << "counted on the pretended device";
  struct Limit {
    int64_t copies_to = 0, answers = 0, blocking = 0;
  };
  const std::map<std::string, Limit> limits = {
      // copies: of an image or spectrum flux, inverse variance and mask; and the indices of the rows
      {"masked_image", {8, 0}},
      {"masked_spectrum", {11, 0}},
      {"astroclip", {5, 0}},
      {"contrastive", {30, 0}},
      // some numbers for each crop; the answer is which patches of all of them can be used
      {"dino", {36, 1}},
      {"any_to_any", {34, 0}},
      {"adapted", {6, 0}},
      {"template_redshift", {3, 0}},
      // its codecs make the tokens first
      {"aion", {60, 2, 29}}};
  const auto limit = limits.find(GetParam());
  ASSERT_NE(limit, limits.end()) << "state one for this kind";
  tiny_.model->to(test::pretend_device());
  tiny_.loss(batch_, {1, 1, true}).loss.backward();  // what is looked at once
  test::traffic();
  tiny_.loss(batch_, {1, 2, true}).loss.backward();
  const auto work = test::traffic();
  RecordProperty("operators", int(work.operators));
  RecordProperty("copies", int(work.to_device));
  EXPECT_LE(work.to_device, limit->second.copies_to);
  EXPECT_LE(work.blocking, limit->second.blocking);
  EXPECT_LE(work.to_cpu, limit->second.answers);
  EXPECT_EQ(work.waits, 0);
}

TEST_P(ModelContract, UnknownModalitiesAreRefusedWithTheNearest) {
  EmbedRequest request;
  const auto known = tiny_.model->modalities().front();
  request.given = {known + "x"};
  try {
    tiny_.model->embed(batch_, request);
    FAIL() << "accepted";
  } catch (const base::UserError& e) {
    EXPECT_NE(std::string(e.what()).find("'" + known + "'"), std::string::npos) << e.what();
  }
}

TEST_P(ModelContract, OtherVectorsAreOfTheWidthThatItNames) {
  at::NoGradGuard no_grad;
  const auto pools = tiny_.model->pools();
  for (const auto& [pool, width] : pools) {
    if (pool == "tokens") {
      const auto tokens = tiny_.model->token_rows(batch_, {});
      EXPECT_EQ(tokens.rows_RD.sizes(), (std::vector<int64_t>{tokens.objects.rows(), width}));
      EXPECT_EQ(tokens.objects.groups(), 5);
      ASSERT_EQ(int64_t(tokens.modality_R.size()), tokens.objects.rows());
      for (const int32_t of : tokens.modality_R) EXPECT_TRUE(of >= -1 && of < int32_t(tokens.names.size())) << of;
    } else {
      const auto out = tiny_.model->pooled(batch_, {}, pool);
      EXPECT_EQ(out.vectors_ND.sizes(), (std::vector<int64_t>{5, width})) << pool;
      EXPECT_TRUE(out.present_N.all().item<bool>()) << pool;
    }
  }
  for (const char* pool : {"cls", "attentive", "nothing"})
    if (!pools.contains(pool)) {
      EXPECT_THROW(tiny_.model->pooled(batch_, {}, pool), base::UserError) << pool;
    }
  if (!pools.contains("tokens") && GetParam() != "contrastive") {  // its one token, for heads, is the vector itself
    EXPECT_THROW(tiny_.model->token_rows(batch_, {}), base::UserError);
  }
}

TEST_P(ModelContract, WhatItDoesNotKnowInABatchIsLeftAlone) {
  auto more = batch_;
  more.blocks["mass"] = batch_.blocks.at("redshift");
  EXPECT_TRUE(at::equal(tiny_.model->embed(more, {}).vectors_ND, tiny_.model->embed(batch_, {}).vectors_ND));
}

std::vector<std::string> kinds() {
  std::vector<std::string> out;
  for (const auto& entry : all_models()) {
    EXPECT_FALSE(entry.sentence.empty());
    out.push_back(entry.kind);
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(All, ModelContract, testing::ValuesIn(kinds()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace asterism::models
