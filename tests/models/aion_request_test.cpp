#include "models/aion_request.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_aion_sky.h"

namespace asterism::models {
namespace {

std::string refusal(const PredictRequest& request) {
  try {
    check_request(request, {"catalog_legacy", "flux_r", "redshift"}, "target");
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

PredictRequest flux_and_redshift() {
  PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"flux_r", "redshift"};
  return request;
}

TEST(AionRequest, WhatCannotBeAskedIsNamed) {
  EXPECT_EQ(refusal(flux_and_redshift()), "");
  const auto says = [&](const std::string& words, const auto& change) {
    auto request = flux_and_redshift();
    change(request);
    EXPECT_NE(refusal(request).find(words), std::string::npos) << words << ": " << refusal(request);
  };
  says("name at least one target of 'catalog_legacy'", [](auto& r) { r.targets = {}; });
  says("cannot predict 'redshfit' as a target; the nearest that it can is 'redshift'",
       [](auto& r) { r.targets = {"redshfit"}; });
  says("'flux_r' is both given and asked for", [](auto& r) { r.given = {"flux_r"}; });
  says("'redshift' is asked for twice", [](auto& r) { r.targets = {"redshift", "flux_r", "redshift"}; });
  says("0 samples", [](auto& r) { r.sampler.samples = 0; });
  says("leave out the passes", [](auto& r) { r.passes = 2; });
  says("leave out one of the two", [](auto& r) { r.unconditional = true; });
}

TEST(AionRequest, GivesWhatIsNamedOrAllThatIsNotAskedFor) {
  const auto sky = tiny::sky(8);
  const auto model = tiny::aion_of(sky);
  auto request = flux_and_redshift();
  const auto named = given_tokens(*model, sky, request);
  ASSERT_EQ(named.size(), 1u);
  EXPECT_EQ(named[0].key, "key_flux_g");
  request.given = {};
  const auto rest = given_tokens(*model, sky, request);
  EXPECT_EQ(rest.size(), model->modalities().size() - 2);
  for (const auto& t : rest) EXPECT_TRUE(t.key != "key_flux_r" && t.key != "key_redshift") << t.key;
  request.unconditional = true;
  EXPECT_TRUE(given_tokens(*model, sky, request).empty());
}

}  // namespace
}  // namespace asterism::models
