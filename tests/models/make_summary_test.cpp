#include "models/make_summary.h"

#include <gtest/gtest.h>

#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(MakeSummary, EachKindHasItsOwnAndScalarsHaveNone) {
  const auto batch = tiny::sky(4);
  ModalitySettings m;
  nn::Parameters parameters;
  const nn::Scope scope(parameters, 1);
  EXPECT_EQ(make_summary(scope, "flux_g", m, 8), nullptr);
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    m.kind = modalities::kind(batch.blocks.at(name));
    const auto summary = make_summary(scope / name, name, m, 8);
    ASSERT_NE(summary, nullptr) << name;
    summary->fit(batch.blocks.at(name));
    EXPECT_EQ((*summary)(batch.blocks.at(name), {}).vectors_NH.sizes(), (at::IntArrayRef{4, 8})) << name;
  }
  m.kind = "light_curve";
  EXPECT_NE(make_summary(scope / "curve", "curve", m, 8, true), nullptr);
}

}  // namespace
}  // namespace asterism::models
