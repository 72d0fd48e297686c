#include "models/dino_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"

namespace asterism::models {
namespace {

using testing::HasSubstr;

std::string dino_refusal(const std::function<void(DinoSettings&)>& change) {
  DinoSettings s;
  change(s);
  try {
    check_settings(s);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(DinoSettings, ContradictionsAreRefused) {
  EXPECT_EQ(dino_refusal([](auto&) {}), "");
  EXPECT_THAT(dino_refusal([](auto& s) { s.modalities.clear(); }), HasSubstr("modalities"));
  EXPECT_THAT(dino_refusal([](auto& s) { s.local_size = 30; }), HasSubstr("local_size"));
  EXPECT_EQ(dino_refusal([](auto& s) { s.local_size = 30, s.local_crops = 0; }), "");
  EXPECT_THAT(dino_refusal([](auto& s) { s.hidden_low = 0.6; }), HasSubstr("hidden_low"));
  EXPECT_THAT(dino_refusal([](auto& s) { s.dino_weight = s.ibot_weight = 0; }), HasSubstr("nothing to learn"));
  EXPECT_THAT(dino_refusal([](auto& s) { s.ibot_weight = 0, s.shared_head = false; }), HasSubstr("shared_head"));
  EXPECT_THAT(dino_refusal([](auto& s) { s.centring = "sinkhorn", s.centre_momentum = 0.5; }),
              HasSubstr("centre_momentum"));
  EXPECT_THAT(dino_refusal([](auto& s) { s.encoder.input = "picture", s.encoder.bands = {"des-g"}; }),
              HasSubstr("bands"));
  EXPECT_THAT(dino_refusal([](auto& s) { s.augment.size_low = 2; }), HasSubstr("size_low"));
}

TEST(DinoSettings, SchedulesAreThePublishedOnes) {
  const DinoSettings s;
  EXPECT_DOUBLE_EQ(teacher_temperature(s, 0), 0.04);
  EXPECT_DOUBLE_EQ(teacher_temperature(s, 0.075), 0.055);
  EXPECT_DOUBLE_EQ(teacher_temperature(s, 0.15), 0.07);
  EXPECT_DOUBLE_EQ(teacher_temperature(s, 1), 0.07);
  EXPECT_DOUBLE_EQ(momentum(s, 0), 0.992);
  EXPECT_DOUBLE_EQ(momentum(s, 0.5), 0.996);
  EXPECT_DOUBLE_EQ(momentum(s, 1), 1);
  DinoSettings none;
  none.teacher_temperature_warmup = 0;
  EXPECT_DOUBLE_EQ(teacher_temperature(none, 0), 0.07);
}

}  // namespace
}  // namespace asterism::models
