#include "models/any_to_any_ask.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

// Counts of tokens are of each object and modality, and none where nothing was observed.
TEST(AnyToAnyAsk, CountsWhatEachObjectGave) {
  auto batch = tiny::sky(4);
  tiny::remove(batch, "image_legacy", 2);
  AnyToAny::Network net(tiny::sky_model(), tiny::codecs(batch), at::kFloat);
  net.scalars->fit(batch);
  std::vector<uint8_t> given(net.names.size(), 0);
  const auto place = [&](const std::string& name) {
    return int64_t(std::find(net.names.begin(), net.names.end(), name) - net.names.begin());
  };
  given[size_t(place("image_legacy"))] = given[size_t(place("flux_g"))] = 1;
  const auto from = condition(net, batch, given);
  EXPECT_EQ(from.objects, 4);
  EXPECT_EQ(from.given_NM.sizes(), at::IntArrayRef({4, int64_t(net.names.size())}));
  EXPECT_TRUE(at::equal(from.given_NM.select(1, place("flux_g")), at::ones({4}, at::kLong)));
  const auto images = from.given_NM.select(1, place("image_legacy"));
  EXPECT_EQ(images[2].item<int64_t>(), 0);
  EXPECT_GT(images[1].item<int64_t>(), 1);
  EXPECT_EQ(from.given_NM.select(1, place("spectrum_desi")).sum().item<int64_t>(), 0);
}

TEST(AnyToAnyAsk, WhatIsAskedForIsNotGiven) {
  const auto batch = tiny::sky(4);
  AnyToAny::Network net(tiny::sky_model(), tiny::codecs(batch), at::kFloat);
  net.scalars->fit(batch);
  const auto asked = net.choose_targets({"redshift"});
  const auto given = inputs_of(net, {}, asked);
  for (size_t m = 0; m < given.size(); ++m) EXPECT_FALSE(given[m] && asked[m]) << net.names[m];
  EXPECT_THROW(inputs_of(net, {"redshift"}, asked), base::UserError);
}

}  // namespace
}  // namespace asterism::models
