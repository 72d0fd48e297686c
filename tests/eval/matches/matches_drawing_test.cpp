#include "eval/matches/matches_drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/eval/matches/taught_pairs.h"

namespace asterism::eval {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

size_t times_drawn(const std::string& text, const std::string& part) {
  size_t out = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

// Made by hand: the drawing needs no model.
Matches planted_matches(const modalities::Batch& sky) {
  Matches out;
  out.object = modalities::select(sky, {1});
  out.from = "image_legacy";
  out.to = "spectrum_desi";
  out.among = 4;
  out.own_rank = 2;
  out.own_cosine = 0.5;
  out.nearest = {{modalities::select(sky, {3}), 0.75, false}, {modalities::select(sky, {1}), 0.5, true}};
  return out;
}

TEST(MatchesDrawing, ShowsWhatWasAskedWithAndTheNearest) {
  const auto svg = draw(planted_matches(models::tiny::sky(4))).svg();
  EXPECT_EQ(times_drawn(svg, "<image "), 1U);
  EXPECT_EQ(times_drawn(svg, "<path d=") + times_drawn(svg, "<polyline"), 2U + 2U + 1U)
      << "two axes, two curves, its own behind one";
  EXPECT_THAT(svg, HasSubstr("1. 3, cosine 0.750"));
  EXPECT_THAT(svg, HasSubstr("2. 1, cosine 0.500: its own"));
  EXPECT_THAT(svg, HasSubstr("its own is number 2 of 4"));
  EXPECT_THAT(svg, HasSubstr("red: its own; grey: its own behind others"));
  EXPECT_THAT(svg, Not(ContainsRegex("nan[^o]")));
}

TEST(MatchesDrawing, TheOtherWayAndWithNothingToSee) {
  auto sky = models::tiny::sky(4);
  auto found = planted_matches(sky);
  std::swap(found.from, found.to);
  found.own_rank = 0;
  auto svg = draw(found).svg();
  EXPECT_EQ(times_drawn(svg, "<image "), 2U);
  EXPECT_THAT(svg, HasSubstr("its own is not among them"));
  auto& s = std::get<modalities::SpectrumBlock>(found.object.blocks.at("spectrum_desi"));
  std::fill(s.mask.begin(), s.mask.end(), uint8_t{1});
  svg = draw(found).svg();
  EXPECT_THAT(svg, Not(ContainsRegex("nan[^o]"))) << "a spectrum without a good pixel";
  auto& image = std::get<modalities::ImageBlock>(found.nearest[0].object.blocks.at("image_legacy"));
  image.unit = "display";
  EXPECT_EQ(times_drawn(draw(found).svg(), "<image "), 2U);
}

}  // namespace
}  // namespace asterism::eval
