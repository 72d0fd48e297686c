#include "models/any_to_any_settings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(AnyToAnySettings, ReadsARecipe) {
  AnyToAnySettings s;
  auto fields = config::fields_of(s);
  config::read_text(fields, R"(
width = 64
[modalities.flux_g]
target = false
[modalities.redshift]
bins = 300
[mixture.photoz]
targets = ["redshift"]
all_inputs = true
)",
                    "test.toml");
  EXPECT_EQ(s.width, 64);
  EXPECT_FALSE(s.modalities.at("flux_g").target);
  EXPECT_EQ(s.modalities.at("redshift").bins, 300);
  EXPECT_TRUE(s.mixture.at("photoz").all_inputs);
  check(s);
  AnyToAnySettings again;
  auto more = config::fields_of(again);
  config::read_json(more, config::to_json(config::fields_of(s)), "json");
  EXPECT_EQ(config::to_json(config::fields_of(again)), config::to_json(config::fields_of(s)));
}

TEST(AnyToAnySettings, RefusesContradictions) {
  const auto good = tiny::scalar_model();
  check(good);
  auto refuses = [](AnyToAnySettings s, const std::string& word) {
    try {
      check(s);
      ADD_FAILURE() << "accepted: " << word;
    } catch (const base::UserError& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  refuses({}, "no modalities");
  auto s = good;
  s.heads = 3;
  refuses(s, "heads");
  s = good;
  s.mixture["x"].targets = {"redshft"};
  refuses(s, "'redshift'");
  s = good;
  s.modalities["flux_g"].input = "none";
  s.modalities["flux_g"].target = false;
  refuses(s, "flux_g");
  s = good;
  s.mixture["x"].target_low = 9;
  s.mixture["x"].target_high = 3;
  refuses(s, "low end");
  s = good;
  s.modalities["redshift"].input = "none";
  s.modalities["redshift"].hide_error = 0.5;
  refuses(s, "hide_error is for scalars");
  s = good;
  s.modalities["redshift"].summary = 32;
  refuses(s, "a summary is of an image or spectrum");
  s = tiny::sky_model();
  s.modalities["image_legacy"].summary = 33;
  refuses(s, "make it even");
  s = good;
  s.pair_consistency = 1;
  check(s);
  s.modalities["flux_g"].target = s.modalities["flux_r"].target = false;
  refuses(s, "pair_consistency is of scalars");
}

}  // namespace
}  // namespace asterism::models
