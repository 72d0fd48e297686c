#include "models/astroclip_settings.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "tiny_astroclip.h"

namespace asterism::models {
namespace {

TEST(AstroClipSettings, WhatFitsIsTaken) {
  EXPECT_NO_THROW(check(tiny::astroclip_model()));
  AstroClipSettings defaults;
  defaults.image_input.crop = 140;  // patches of 14
  EXPECT_NO_THROW(check(defaults));
}

TEST(AstroClipSettings, ContradictionsAreRefused) {
  const auto refused = [](const std::function<void(AstroClipSettings&)>& change) {
    auto s = tiny::astroclip_model();
    change(s);
    EXPECT_THROW(check(s), base::UserError);
  };
  refused([](auto& s) { s.encoders = {}; });
  refused([](auto& s) { s.encoders = {"image", "image"}; });
  refused([](auto& s) { s.embedding = 0; });  // widths 16 and 8
  refused([](auto& s) { s.image_input.bands.pop_back(); });
  refused([](auto& s) { s.image_input.scales.clear(); });
  refused([](auto& s) { s.image_input.mean = {1, 2, 3}; });
  refused([](auto& s) { s.image_input.crop = 15; });
  refused([](auto& s) { s.image_input.resize = 18; });
}

}  // namespace
}  // namespace asterism::models
