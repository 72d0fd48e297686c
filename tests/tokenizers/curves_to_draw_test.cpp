#include "tokenizers/curves_to_draw.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

CurveSpan a_span(const at::Tensor&) { return {55000, 55063}; }

TEST(CurvesToDraw, AGridFromTheFirstPointToTheLastWhereNothingIsAskedFor) {
  LightCurveBands bands;
  bands.bands = {"g", "r"};
  bands.wavelengths_angstrom = {4800, 6200};
  const Tokens tokens{at::zeros({2, 3}, at::kLong), at::tensor({1, 0}).to(at::kBool)};
  const auto out = curves_to_draw(tokens, {}, bands, a_span, "test");
  EXPECT_EQ(out.length, 128);
  EXPECT_EQ(out.count[1], 0);
  EXPECT_EQ(out.time_day[0], 55000);
  EXPECT_EQ(out.time_day[127], 55063);
  EXPECT_EQ(out.band[1], 1);
}

TEST(CurvesToDraw, PointsOfAnotherNumberOfObjectsAreRefused) {
  const auto block = test::light_curves(3);
  DecodeRequest request;
  request.points = &block;
  const Tokens tokens{at::zeros({2, 3}, at::kLong), at::ones({2}, at::kBool)};
  EXPECT_THROW(curves_to_draw(tokens, request, {}, a_span, "test"), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
