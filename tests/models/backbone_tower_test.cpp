#include "models/backbone_tower.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

struct Made {
  nn::Parameters parameters;
  std::unique_ptr<BackboneTower> tower;
};

Made made(const std::filesystem::path& folder, const std::string& modality, const std::string& head = "attention") {
  Made out;
  BackboneTowerSettings s;
  s.head = head;
  s.projection = 8;
  s.heads = 2;
  s.hidden = 16;
  out.tower = std::make_unique<BackboneTower>(nn::Scope(out.parameters, 1) / "tower", out.parameters,
                                              open_backbone(folder, modality), s);
  return out;
}

class BackboneTowers : public testing::Test {
 protected:
  base::TemporaryFolder folder_;
  tiny::BackboneFolders at_{folder_.path()};
};

TEST_F(BackboneTowers, GivesUnitVectorsAndZerosWhereNothingIsSeen) {
  auto batch = tiny::sky(4);
  for (const auto& [path, modality] : at_.all())
    for (const char* head : {"attention", "mean"}) {
      auto some = batch;
      tiny::remove(some, modality, 1);
      std::visit(
          [](auto& block) {  // of object 2 every pixel is masked
            if constexpr (requires {
                            block.mask;
                            block.ivar;
                          }) {
              const auto each = block.mask.size() / 4;
              std::fill(block.mask.begin() + 2 * each, block.mask.begin() + 3 * each, uint8_t{1});
            }
          },
          some.blocks.at(modality));
      const auto m = made(path, modality, head);
      const auto out = (*m.tower)(some, {});
      EXPECT_EQ(out.present_N, (std::vector<uint8_t>{1, 0, 0, 1})) << modality;
      const auto length = at::linalg_vector_norm(out.vectors_NE, 2, {-1});
      EXPECT_TRUE(at::allclose(length, at::tensor({1.0f, 0.0f, 0.0f, 1.0f}), 1e-4, 1e-5)) << modality << head;
      const auto alone = (*m.tower)(modalities::select(some, {3}), {});
      EXPECT_TRUE(at::allclose(alone.vectors_NE[0], out.vectors_NE[3], 1e-4, 1e-5));
      EXPECT_EQ((*m.tower)(some, {.given = {"redshift"}}).vectors_NE.abs().sum().item<float>(), 0);
      EXPECT_EQ((*m.tower)(modalities::select(some, {1, 2}), {}).vectors_NE.abs().sum().item<float>(), 0);
    }
}

TEST_F(BackboneTowers, WhatASummarySaysIsAdded) {
  const auto batch = tiny::sky(6);
  for (const auto& [path, modality] : {at_.all()[2], at_.all()[3]}) {
    BackboneTowerSettings s;
    s.projection = 8;
    s.heads = 2;
    s.hidden = 16;
    const auto plain = made(path, modality);
    s.summary = 12;
    ModalitySettings kind;
    kind.kind = modalities::kind(batch.blocks.at(modality));
    nn::Parameters parameters;
    BackboneTower tower(nn::Scope(parameters, 1) / "tower", parameters, open_backbone(path, modality), s, kind);
    EXPECT_THROW(tower(batch, {}), base::UserError) << "before fit";
    auto without = batch;
    without.blocks.erase(modality);
    EXPECT_THROW(tower.fit(without), base::UserError);
    tower.fit(batch);
    const auto out = tower(batch, {});
    EXPECT_TRUE(at::allclose(at::linalg_vector_norm(out.vectors_NE, 2, {-1}), at::ones({6}), 1e-4, 1e-5));
    out.vectors_NE.select(1, 0).sum().backward();
    EXPECT_GT(parameters.parameters().at("tower.summary_project.fc1.weight").grad().abs().max().item<float>(), 0);
    EXPECT_GT((out.vectors_NE - (*plain.tower)(batch, {}).vectors_NE).abs().max().item<float>(), 1e-3);
    const at::NoGradGuard no_grad;
    parameters.parameters().at("tower.summary_project.fc2.weight").zero_();
    parameters.parameters().at("tower.summary_project.fc2.bias").zero_();
    EXPECT_TRUE(at::allclose(tower(batch, {}).vectors_NE, (*plain.tower)(batch, {}).vectors_NE, 1e-5, 1e-6))
        << modality;
  }
}

// Which weights of the backbone get a gradient, by block.
std::map<int64_t, bool> learning(Made& m, const std::string& freeze) {
  m.tower->freeze(freeze_of(freeze, m.tower->backbone().blocks()));
  m.parameters.zero_grad();
  (*m.tower)(tiny::sky(3), {}).vectors_NE.select(1, 0).sum().backward();
  std::map<int64_t, bool> out;
  for (const auto& [name, tensor] : m.parameters.parameters()) {
    const std::string prefix = "tower.backbone.";
    if (!name.starts_with(prefix)) {
      EXPECT_TRUE(tensor.grad().defined()) << "of the head: " << name;
      continue;
    }
    const auto block = m.tower->backbone().block_of(name.substr(prefix.size()));
    if (!block) {
      EXPECT_FALSE(tensor.requires_grad()) << name;
      continue;
    }
    const bool learns = tensor.grad().defined() && tensor.grad().abs().sum().item<float>() > 0;
    out[*block] = out[*block] || learns;
  }
  return out;
}

TEST_F(BackboneTowers, FreezesAllNoneOrTheFirstBlocks) {
  for (const auto& [path, modality] : {at_.all()[2], at_.all()[3]}) {
    auto m = made(path, modality);
    EXPECT_EQ(learning(m, "all"), (std::map<int64_t, bool>{{-1, false}, {0, false}, {1, false}, {2, false}}));
    EXPECT_EQ(learning(m, "none"), (std::map<int64_t, bool>{{-1, true}, {0, true}, {1, true}, {2, true}}));
    EXPECT_EQ(learning(m, "1"), (std::map<int64_t, bool>{{-1, false}, {0, false}, {1, true}, {2, true}}));
    EXPECT_EQ(learning(m, "2"), (std::map<int64_t, bool>{{-1, false}, {0, false}, {1, false}, {2, true}}));
  }
  for (const char* text : {"3", "-1", "some", "", "1.5"}) EXPECT_THROW(freeze_of(text, 2), base::UserError) << text;
}

TEST_F(BackboneTowers, KeptFeaturesGiveTheSameBitsAndAreMadeOnce) {
  const auto batch = tiny::sky(5);
  for (const auto& [path, modality] : at_.all())
    for (const char* head : {"attention", "mean"}) {
      const base::TemporaryFolder kept;
      auto plain = made(path, modality, head), keeping = made(path, modality, head);
      keeping.tower->keep_features(kept.path());
      const auto expected = (*plain.tower)(batch, {}).vectors_NE;
      EXPECT_TRUE(at::equal((*keeping.tower)(batch, {}).vectors_NE, expected)) << modality;
      EXPECT_EQ(keeping.tower->features()->misses(), 5);
      EXPECT_TRUE(at::equal((*keeping.tower)(batch, {}).vectors_NE, expected));
      EXPECT_EQ(keeping.tower->features()->hits(), 5);
      auto changed = batch;  // one object was observed again
      std::visit(
          [](auto& block) {
            if constexpr (requires { block.flux; }) block.flux[0] += 0.5f;
          },
          changed.blocks.at(modality));
      (*keeping.tower)(changed, {});
      EXPECT_EQ(keeping.tower->features()->misses(), 6);
      keeping.tower.reset();  // the next run
      auto next = made(path, modality, head);
      next.tower->keep_features(kept.path());
      EXPECT_TRUE(at::equal((*next.tower)(batch, {}).vectors_NE, expected));
      EXPECT_EQ(next.tower->features()->misses(), 0);
    }
}

TEST_F(BackboneTowers, OtherWeightsAreNotTakenForTheSame) {
  const base::TemporaryFolder kept;
  auto m = made(at_.images, "image_legacy");
  m.tower->keep_features(kept.path());
  const auto batch = tiny::sky(3);
  const auto before = (*m.tower)(batch, {}).vectors_NE.detach();
  {
    const at::NoGradGuard no_grad;
    at::Tensor weight = m.parameters.parameters().at("tower.backbone.norm.weight");
    weight.mul_(at::arange(16, at::kFloat));
  }
  EXPECT_FALSE(at::allclose((*m.tower)(batch, {}).vectors_NE, before));
  EXPECT_EQ(m.tower->features()->hits(), 0);
}

}  // namespace
}  // namespace asterism::models
