#include "tokenizers/aion/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "modalities/catalog.h"

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

// X is masked in the first place and SHAPE_R in the last: the package moves what is left of X, and says nothing.
TEST(AionCatalog, ReferenceMasksEachFieldByItself) {
  const AionCatalog codec(folder_of(true));
  auto columns = objects();
  columns["X"] = at::tensor({99, 3, 9}, at::kLong).unsqueeze(0);
  EXPECT_TRUE(at::equal(codec.ids(columns), codec.ids(objects()))) << codec.ids(columns);
  columns["X"] = at::tensor({99, 99, 9}, at::kLong).unsqueeze(0);
  EXPECT_THAT([&] { codec.ids(columns); }, ThrowsMessage<base::UserError>(HasSubstr("1 values in 'X' and 2")));
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

// The ten nearest to the middle of 10 x 10 places, outwards; what lies outside, and what is not whole, is left out.
TEST(AionCatalog, ReadsSourcesFromTheMiddleOutwards) {
  AionCatalog codec(CatalogSettings{.places = 10, .codebook_size = 8, .reservoir_size = 20});
  auto b = modalities::make_catalogs(
      3, 13, {{"SHAPE_R", "arcsec"}, {"SHAPE_E1", ""}, {"SHAPE_E2", ""}, {"Y", "pixel"}, {"X", ""}, {"MAG", "mag"}});
  b.present = {1, 0, 1};
  b.count = {13, 0, 1};
  const auto at = [&](int64_t column, int64_t source) { return size_t(column * 13 + source); };
  for (int64_t k = 0; k < 13; ++k) {
    for (int64_t column = 0; column < 5; ++column) b.mask[at(column, k)] = 0;
    b.value[at(4, k)] = float(k);  // X; 10, 11 and 12 lie outside
    b.value[at(3, k)] = 5;
    b.value[at(0, k)] = float(k) / 10;
  }
  b.mask[at(1, 4)] = 1;                       // the fifth has no ellipticity
  b.mask[size_t(2 * 13 * 6) + at(4, 0)] = 0;  // the third list's only source has a place alone
  codec.fit(b);
  const auto tokens = codec.encode(b);
  EXPECT_TRUE(at::equal(tokens.present, at::tensor({1, 0, 0}).to(at::kBool)));
  const auto x = tokens.ids[0].view({kCatalogObjects, 5}).select(1, 0) - kCatalogOffset;
  EXPECT_TRUE(at::equal(x.narrow(0, 0, 9), at::tensor({5, 3, 6, 2, 7, 1, 8, 0, 9}, at::kLong))) << x;
  EXPECT_EQ(tokens.ids[0].narrow(0, 45, 5).abs().sum().item<int64_t>(), 0);
  const auto back = std::get<modalities::CatalogBlock>(codec.decode(tokens));
  modalities::check("back", back);
  EXPECT_EQ(back.count[0], 9);
  EXPECT_EQ(back.count[1], 0);
  EXPECT_EQ(back.value[1], 3);                                 // X of the second
  EXPECT_NEAR(back.value[4 * kCatalogObjects + 8], 0.9, 0.2);  // its size, in eight bins
}

// One list of `n` sources at (0, 0) whose shapes are `from`, `from + 1`, ...
modalities::CatalogBlock shapes(int64_t n, float from) {
  auto out =
      modalities::make_catalogs(1, n, {{"X", ""}, {"Y", ""}, {"SHAPE_E1", ""}, {"SHAPE_E2", ""}, {"SHAPE_R", ""}});
  out.present[0] = 1;
  out.count[0] = int32_t(n);
  for (size_t i = 0; i < out.value.size(); ++i) {
    const auto column = int64_t(i) / n, k = int64_t(i) % n;
    out.value[i] = column < 2 ? 0 : from + float(k);
    out.mask[i] = 0;
  }
  return out;
}

TEST(AionCatalog, SeveralBlocksAreOneSample) {
  const modalities::Block low = shapes(6, 1), high = shapes(5, 100);
  AionCatalog apart(CatalogSettings{}), last(CatalogSettings{});
  apart.fit_all({{&low, &high}, {}});
  last.fit(high);
  const auto range = [](const AionCatalog& codec, const modalities::Block& block) {
    const auto back = std::get<modalities::CatalogBlock>(codec.decode(codec.encode(block)));
    return *std::max_element(back.value.end() - kCatalogObjects, back.value.end());
  };
  EXPECT_LT(range(apart, low), 7);
  EXPECT_GT(range(apart, high), 99);
  EXPECT_GT(range(last, low), 99);
}

TEST(AionCatalog, NamesColumnsThatAreMissing) {
  const AionCatalog codec(CatalogSettings{});
  const auto b = modalities::make_catalogs(1, 2, {{"X", ""}, {"Y", ""}, {"SHAPE_E1", ""}, {"SHAPE_E2", ""}});
  EXPECT_THAT([&] { codec.encode(b); }, ThrowsMessage<base::UserError>(HasSubstr("'SHAPE_R'")));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
