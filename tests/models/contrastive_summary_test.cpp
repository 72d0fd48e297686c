// Contrastive models whose towers have summaries (summary.h).
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "../nn/gradient_check.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "models/contrastive.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

// Gradients of every parameter by name, of the whole batch at once or in pieces.
std::map<std::string, at::Tensor> summary_gradients(Contrastive& model, const modalities::Batch& batch,
                                                    int64_t pieces) {
  model.parameters().zero_grad();
  if (pieces == 0)
    model.loss(batch, {1, 1, true}).loss.backward();
  else
    model.add_gradient(batch, {1, 1, true}, pieces);
  std::map<std::string, at::Tensor> out;
  for (const auto& [name, tensor] : model.parameters().parameters())
    if (tensor.grad().defined()) out[name] = tensor.grad().clone();
  return out;
}

// Both towers with a summary, one of them with nothing else.
ContrastiveSettings summary_model() {
  auto settings = tiny::contrastive_model();
  settings.towers["image_legacy"].summary = settings.towers["spectrum_desi"].summary = 12;
  settings.towers["spectrum_desi"].layers = 0;
  return settings;
}

TEST(Contrastive, SummariesLearnInPiecesAndAreSaved) {
  auto batch = tiny::sky(8);
  Contrastive model(summary_model());
  model.fit(batch);
  tiny::remove(batch, "image_legacy", 2);
  tiny::remove(batch, "spectrum_desi", 5);
  const auto whole = summary_gradients(model, batch, 0);
  EXPECT_TRUE(whole.contains("tower.image_legacy.summary.circles.weight"));
  EXPECT_TRUE(whole.contains("tower.spectrum_desi.summary.bins.weight"));
  const auto pieces = summary_gradients(model, batch, 3);
  ASSERT_EQ(whole.size(), pieces.size());
  for (const auto& [name, tensor] : whole)
    EXPECT_LE((tensor - pieces.at(name)).abs().max().item<double>(), 1e-4 * (1 + tensor.abs().max().item<double>()))
        << name;
  const base::TemporaryFolder folder;
  model.save(folder / "model");
  EXPECT_TRUE(at::equal(load_model(folder / "model")->embed(batch, {}).vectors_ND, model.embed(batch, {}).vectors_ND));
  Contrastive exact(summary_model(), at::kDouble);
  exact.fit(batch);
  std::vector<std::pair<std::string, at::Tensor>> some;
  for (const auto& [name, tensor] : exact.parameters().parameters())
    if (name.find(".summary.") != std::string::npos) some.emplace_back(name, tensor);
  EXPECT_GE(some.size(), 15u);
  test::expect_gradients([&] { return exact.loss(batch, {1, 1, true}).loss; }, some, 2, 1e-5, 1e-5);
}

TEST(Contrastive, FoldersOfBeforeSummariesLoadAsTheyWere) {
  const auto batch = tiny::sky(4);
  Contrastive model(tiny::contrastive_model());
  model.fit(batch);
  const base::TemporaryFolder folder;
  model.save(folder / "model");
  auto json = io::read_json(folder / "model" / "config.json");
  for (auto& [name, tower] : json["settings"]["towers"].items())
    EXPECT_EQ(tower.erase("summary") + tower.erase("summary_jitter"), 2u) << name;
  io::write_json(folder / "model" / "config.json", json);
  EXPECT_TRUE(at::equal(load_model(folder / "model")->embed(batch, {}).vectors_ND, model.embed(batch, {}).vectors_ND));
}

}  // namespace
}  // namespace asterism::models
