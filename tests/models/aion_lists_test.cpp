// Lists of sources drawn by an AION-1 model of the published layout, with a small codec of fluxes.

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "modalities/scalar.h"
#include "models/aion_sample.h"
#include "tiny_aion.h"
#include "tokenizers/aion/catalog.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {
namespace {

modalities::Batch flux_batch(int64_t n) {
  modalities::Batch batch;
  auto flux = modalities::make_scalars(n, "nanomaggy", false);
  for (int64_t i = 0; i < n; ++i) {
    flux.present[size_t(i)] = 1;
    flux.value[size_t(i)] = 1 + double(i);
    batch.objects.push_back({"tiny", std::to_string(i), false, 0, 0});
  }
  batch.blocks["flux_g"] = flux;
  return batch;
}

// Reads the flux, reads and draws the catalogue.
std::unique_ptr<Aion> list_model(const base::TemporaryFolder& folder) {
  Aion model(tiny::aion_config(), 3);
  tiny::shake(model.parameters());
  model.save(folder / "model");
  std::filesystem::create_directories(folder / "model" / "codecs");
  tokenizers::aion::AionCatalog(tokenizers::aion::CatalogSettings{}).save(folder / "model" / "codecs" / "catalog");
  tokenizers::ScalarBins bins(tokenizers::ScalarBinsSettings{.bins = 16});
  bins.fit(flux_batch(50).blocks.at("flux_g"));
  bins.save(folder / "model" / "codecs" / "FLUX_G");
  return Aion::load(folder / "model");
}

PredictRequest list_request() {
  PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"catalog_legacy"};
  request.sampler.scheme = "autoregressive";
  request.sampler.seed = 4;
  return request;
}

TEST(AionLists, AreTheCodecsTokensOfTheSequence) {
  const base::TemporaryFolder folder;
  const auto model = list_model(folder);
  EXPECT_EQ(model->sequences(), (std::vector<std::string>{"catalog_legacy"}));
  EXPECT_EQ(model->targets(), (std::vector<std::string>{"flux_g"}));
  auto batch = flux_batch(4);
  auto& flux = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g"));
  flux.present[1] = 0;
  flux.value[1] = 0;
  auto request = list_request();
  request.sampler.samples = 2;
  request.sampler.guidance = 2;
  const auto out = model->draw_sequences(batch, request);
  EXPECT_TRUE(at::equal(out.present_N, at::tensor({1, 0, 1, 1}).to(at::kBool)));
  const auto& drawn = out.blocks.at("catalog_legacy");
  ASSERT_EQ(drawn.ids_NT.size(), 2u);
  EXPECT_FALSE(at::equal(drawn.ids_NT[0], drawn.ids_NT[1]));
  AionSampling how;
  how.scheme = "autoregressive";
  how.seed = 4 + base::stable_hash("catalog_legacy");
  how.guidance = 2;
  std::vector<uint64_t> keys;
  for (const auto& object : batch.objects) keys.push_back(object.hash());
  const auto sequence = sample_aion(*model, model->inputs().tokens(batch, {"flux_g"}), "catalog", keys, how);
  const auto codes = sequence.narrow(1, 1, 49);
  EXPECT_TRUE(
      at::equal(drawn.ids_NT[0].narrow(1, 0, 49), codes.masked_fill(codes.lt(tokenizers::aion::kCatalogOffset), 0)));
  EXPECT_TRUE(drawn.ids_NT[0].select(1, 49).eq(0).all().item<bool>());
  const auto& list = std::get<modalities::CatalogBlock>(drawn.samples[0]);
  modalities::check("catalog_legacy", drawn.samples[0]);
  EXPECT_EQ(list.n, 4);
  EXPECT_EQ(list.length, tokenizers::aion::kCatalogObjects);
}

TEST(AionLists, SayWhatIsWrong) {
  const base::TemporaryFolder folder;
  const auto model = list_model(folder);
  const auto refusal = [&](const auto& change) -> std::string {
    auto request = list_request();
    change(request);
    try {
      model->draw_sequences(flux_batch(2), request);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  const auto says = [&](const std::string& words, const auto& change) {
    const auto said = refusal(change);
    EXPECT_NE(said.find(words), std::string::npos) << words << ": " << said;
  };
  EXPECT_EQ(refusal([](auto&) {}), "");
  says("choose 'autoregressive'", [](auto& r) { r.sampler.scheme = "maskgit"; });
  says("'catalog_legacy'", [](auto& r) { r.targets = {"catalog"}; });
  says("nothing is asked for", [](auto& r) { r.targets = {}; });
  says("both given and asked for", [](auto& r) { r.given = {"catalog_legacy"}; });
  says("choose at least 1", [](auto& r) { r.sampler.samples = 0; });
  says("leave out one of the two", [](auto& r) { r.unconditional = true; });
  says("which is not given", [](auto& r) { r.sampler.guidance.of = {{"redshift", 2}}; });
  const Aion without(tiny::aion_config(), 3);
  EXPECT_THROW(without.draw_sequences(flux_batch(2), list_request()), base::UserError);
}

}  // namespace
}  // namespace asterism::models
