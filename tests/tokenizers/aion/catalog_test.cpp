#include "tokenizers/aion/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::tokenizers::aion {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

PublishedFolder folder_of(bool reference) {
  PublishedFolder out;
  out.kind = kCatalogKind;
  out.source = "config.json";
  out.weights_source = "model.safetensors";
  out.config_json = reference ? R"({"mask_value": 99, "reference_behaviour": true})" : R"({"mask_value": 99})";
  const std::string prefix = "_quantizer.quantizers.";
  for (const std::string field : {"X", "Y"})
    out.weights[prefix + field + "._codebook_size"] = at::scalar_tensor(10, at::kLong);
  for (const std::string field : {"SHAPE_E1", "SHAPE_E2", "SHAPE_R"}) {
    out.weights[prefix + field + "._index_to_val"] = at::arange(5, at::kFloat);
    out.weights[prefix + field + "._reservoir"] = at::zeros({7});
  }
  return out;
}

AionCatalog::Columns objects() {
  AionCatalog::Columns out;
  out["X"] = at::tensor({3, 9, 99}, at::kLong).unsqueeze(0);
  out["Y"] = at::tensor({0, 1, 99}, at::kLong).unsqueeze(0);
  out["SHAPE_E1"] = at::tensor({1.0f, 2.5f, 99.0f}).unsqueeze(0);
  out["SHAPE_E2"] = at::tensor({-1.0f, 0.0f, 99.0f}).unsqueeze(0);
  out["SHAPE_R"] = at::tensor({4.0f, 50.0f, 99.0f}).unsqueeze(0);
  return out;
}

TEST(AionCatalog, CodesOfEachFieldBehindThoseBefore) {
  const AionCatalog codec(folder_of(true));
  EXPECT_EQ(codec.vocabulary(), 35);
  const auto ids = codec.ids(objects());
  const auto expected = at::tensor({3, 10, 21, 25, 34, 9, 11, 23, 25, 34, 99, 99, 99, 99, 99}, at::kLong).unsqueeze(0);
  EXPECT_TRUE(at::equal(ids, expected)) << ids;
}

TEST(AionCatalog, OursAreOffsetAndMissingIsPadding) {
  const AionCatalog ours(folder_of(false)), reference(folder_of(true));
  EXPECT_EQ(ours.vocabulary(), 35 + kCatalogOffset);
  const auto ids = ours.ids(objects());
  EXPECT_TRUE(at::equal(ids.narrow(1, 0, 10), reference.ids(objects()).narrow(1, 0, 10) + kCatalogOffset));
  EXPECT_EQ(ids.narrow(1, 10, 5).abs().sum().item<int64_t>(), 0);
  const auto back = ours.values(ids);
  EXPECT_TRUE(at::equal(back.at("X"), objects().at("X")));
  EXPECT_EQ(back.at("SHAPE_R")[0][2].item<float>(), 99);
  EXPECT_EQ(back.at("SHAPE_E1")[0][1].item<float>(), 3);  // rounded up
}

TEST(AionCatalog, CodesOfAnotherFieldAreMinusOne) {
  const AionCatalog codec(folder_of(true));
  const auto values = codec.values(at::tensor({12, 10, 21, 25, 3, 1, 1}, at::kLong).unsqueeze(0));
  EXPECT_EQ(values.at("X").size(1), 1);
  EXPECT_EQ(values.at("X")[0][0].item<int64_t>(), -1);
  EXPECT_EQ(values.at("Y")[0][0].item<int64_t>(), 0);
  EXPECT_EQ(values.at("SHAPE_R")[0][0].item<float>(), -1);
}

TEST(AionCatalog, RefusesWhatCannotBe) {
  const AionCatalog codec(folder_of(false));
  auto outside = objects();
  outside["X"][0][0] = 10;
  EXPECT_THAT([&] { codec.ids(outside); }, ThrowsMessage<base::UserError>(HasSubstr("X = 10")));
  auto fewer = objects();
  fewer.erase("Y");
  EXPECT_THAT([&] { codec.ids(fewer); }, ThrowsMessage<base::UserError>(HasSubstr("'Y'")));
  auto broken = folder_of(false);
  broken.weights.erase("_quantizer.quantizers.SHAPE_E2._reservoir");
  EXPECT_THAT([&] { AionCatalog{broken}; }, ThrowsMessage<base::DataError>(HasSubstr("SHAPE_E2._reservoir")));
}

TEST(AionCatalog, SavesWhatItLoads) {
  const base::TemporaryFolder folder;
  AionCatalog(folder_of(false)).save(folder / "catalog");
  EXPECT_TRUE(is_published(folder / "catalog"));
  const AionCatalog again(read_published(folder / "catalog"));
  EXPECT_TRUE(at::equal(again.ids(objects()), AionCatalog(folder_of(false)).ids(objects())));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
