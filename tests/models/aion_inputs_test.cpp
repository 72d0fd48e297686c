#include "models/aion_inputs.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "modalities/catalog.h"
#include "modalities/scalar.h"
#include "models/aion.h"
#include "tiny_aion.h"
#include "tokenizers/aion/catalog.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {
namespace {

modalities::ScalarBlock scalar_block(std::vector<double> values, std::vector<uint8_t> present) {
  modalities::ScalarBlock b;
  b.n = int64_t(values.size());
  b.value.assign(values.begin(), values.end());
  b.error.assign(values.size(), 0);
  b.present.assign(present.begin(), present.end());
  return b;
}

std::shared_ptr<tokenizers::Tokenizer> bins() {
  auto out = std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{.bins = 16});
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(double(i) / 40);
  out->fit(scalar_block(values, std::vector<uint8_t>(values.size(), 1)));
  return out;
}

TEST(AionInputs, KnowsTheNamesOfDatasets) {
  EXPECT_EQ(aion_modality_name(*find_aion_modality("tok_spectrum_desi")), "spectrum_desi");
  EXPECT_EQ(aion_modality_name(*find_aion_modality("tok_z")), "redshift");
  EXPECT_EQ(aion_modality_name(*find_aion_modality("tok_parallax")), "parallax");
  std::set<std::string> names;
  for (const auto& m : aion_modalities()) names.insert(aion_modality_name(m));
  EXPECT_EQ(names.size(), aion_modalities().size()) << "two keys under one name";
}

// Codecs of a folder are found by name, loaded once they are needed, and saved again.
TEST(AionInputs, CodecsOfAFolder) {
  const base::TemporaryFolder folder;
  Aion(tiny::aion_config()).save(folder / "model");
  std::filesystem::create_directory(folder / "model" / "codecs");
  bins()->save(folder / "model" / "codecs" / "FLUX_G");
  const auto model = Aion::load(folder / "model");
  EXPECT_EQ(model->modalities(), (std::vector<std::string>{"flux_g"}));
  modalities::Batch batch;
  batch.objects = {{"a", "1", false, 0, 0}, {"a", "2", false, 0, 0}};
  batch.blocks["flux_g"] = scalar_block({3.1, 0}, {1, 0});
  batch.blocks["unknown"] = scalar_block({3.1, 0}, {1, 0});
  const auto tokens = model->inputs().tokens(batch, {});
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_EQ(tokens[0].key, "tok_flux_g");
  EXPECT_TRUE(at::equal(tokens[0].hidden_NL, at::tensor({0, 1}).view({2, 1}).to(at::kBool)));
  const auto embedded = model->embed(batch, {});
  EXPECT_TRUE(embedded.present_N[0].item<bool>());
  EXPECT_FALSE(embedded.present_N[1].item<bool>());
  EXPECT_EQ(embedded.vectors_ND[1].abs().max().item<float>(), 0);
  const auto encoded = model->encode({{"tok_flux_g", tokens[0].ids_NL.narrow(0, 0, 1)}});
  EXPECT_TRUE(at::allclose(embedded.vectors_ND[0], encoded.context_RD[0], 1e-5, 1e-6));
  model->save(folder / "again");
  EXPECT_EQ(Aion::load(folder / "again")->modalities(), model->modalities());
}

// Sources of a catalogue are as many tokens as there are; the rest is hidden, and it is drawn as tokens only.
TEST(AionInputs, CataloguesAreSequences) {
  const base::TemporaryFolder folder;
  Aion(tiny::aion_config()).save(folder / "model");
  std::filesystem::create_directory(folder / "model" / "codecs");
  tokenizers::aion::AionCatalog(tokenizers::aion::CatalogSettings{}).save(folder / "model" / "codecs" / "catalog");
  const auto model = Aion::load(folder / "model");
  EXPECT_EQ(model->modalities(), (std::vector<std::string>{"catalog_legacy"}));
  EXPECT_TRUE(model->targets().empty());
  auto sources = modalities::make_catalogs(
      2, 3, {{"X", "pixel"}, {"Y", "pixel"}, {"SHAPE_E1", ""}, {"SHAPE_E2", ""}, {"SHAPE_R", "arcsec"}});
  sources.present = {1, 0};
  sources.count = {2, 0};
  for (size_t column = 0; column < 5; ++column)
    for (size_t k = 0; k < 2; ++k) sources.value[column * 3 + k] = 40, sources.mask[column * 3 + k] = 0;
  modalities::Batch batch;
  batch.objects = {{"a", "1", false, 0, 0}, {"a", "2", false, 0, 0}};
  batch.blocks["catalog_legacy"] = sources;
  const auto tokens = model->inputs().tokens(batch, {});
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_TRUE(at::equal(tokens[0].hidden_NL.logical_not().sum(1), at::tensor({10, 0}, at::kLong)));
  const auto embedded = model->embed(batch, {});
  EXPECT_TRUE(at::equal(embedded.present_N, at::tensor({1, 0}).to(at::kBool)));
  EXPECT_GT(embedded.vectors_ND[0].abs().max().item<float>(), 0);
}

TEST(AionInputs, NamesTheNearest) {
  const AionInputs inputs({{"flux_g", "tok_flux_g", {}, bins()}});
  modalities::Batch batch;
  try {
    inputs.tokens(batch, {"flux_q"});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("'flux_g'"), std::string::npos);
  }
  EXPECT_THROW(AionInputs().reader("flux_g"), base::UserError);
}

}  // namespace
}  // namespace asterism::models
