#include "models/lone_encoder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::models {
namespace {

struct Settings {
  int64_t depth = 3;
  void describe(config::Fields& f) { f.add("depth", depth, "of it").between(0, 9); }
};

TEST(LoneEncoder, VectorsAreMeansOfRows) {
  const auto rows = at::tensor({1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}).view({3, 2});
  nn::Ranges objects;
  for (const int64_t length : {2, 0, 1}) objects.add(length);
  const auto out = mean_of_rows(rows, objects, false);
  EXPECT_TRUE(at::equal(out.vectors_ND, at::tensor({2.0f, 3.0f, 0.0f, 0.0f, 5.0f, 6.0f}).view({3, 2})));
  EXPECT_TRUE(at::equal(out.present_N, at::tensor({1, 0, 1}).to(at::kBool)));
  const auto unit = mean_of_rows(rows, objects, true).vectors_ND;
  EXPECT_NEAR(unit[0].norm().item<double>(), 1, 1e-6);
  EXPECT_EQ(unit[1].norm().item<double>(), 0) << "nothing has no direction";
  nn::Ranges nobody;
  nobody.add(0);
  EXPECT_FALSE(mean_of_rows(at::zeros({0, 2}), nobody, true).present_N.any().item<bool>());
  EXPECT_EQ(no_token_rows(3, 4).objects.groups(), 3);
  EXPECT_EQ(no_token_rows(3, 4).rows_RD.size(1), 4);
}

TEST(LoneEncoder, RefusesWhatItCannotGive) {
  EmbedRequest request;
  EXPECT_NO_THROW(check_request(request, {"image_legacy"}, 2));
  request.layer = 2;
  EXPECT_THROW(check_request(request, {"image_legacy"}, 2), base::UserError);
  request.layer = 1;
  request.given = {"image_legacy"};
  EXPECT_NO_THROW(check_request(request, {"image_legacy"}, 2));
  request.given = {"image_legasy"};
  EXPECT_THROW(check_request(request, {"image_legacy"}, 2), base::UserError);
  request.given = {};
  request.rings = 1;
  EXPECT_THROW(check_request(request, {"image_legacy"}, 2), base::UserError);
}

TEST(LoneEncoder, FoldersKeepSettingsAndWeights) {
  const base::TemporaryFolder folder;
  nn::Parameters parameters;
  const auto weight = parameters.add("weight", at::rand({3, 2}));
  Settings settings{.depth = 5};
  save_lone_encoder(folder / "model", "some", config::fields_of(settings), parameters);
  Settings back;
  auto fields = config::fields_of(back);
  read_lone_settings(folder / "model", "some", fields);
  EXPECT_EQ(back.depth, 5);
  nn::Parameters fresh;
  const auto other = fresh.add("weight", at::zeros({3, 2}));
  read_lone_weights(folder / "model", fresh);
  EXPECT_TRUE(at::equal(other, weight));
  nn::Parameters forgetful;
  const auto old = forgetful.add("weight", at::ones({3, 2}));
  take_first_weights(forgetful, fresh);
  EXPECT_TRUE(at::equal(old, weight));
  std::ofstream(folder / "model" / "config.json") << "{}";
  EXPECT_THROW(read_lone_settings(folder / "model", "some", fields), base::DataError);
}

}  // namespace
}  // namespace asterism::models
