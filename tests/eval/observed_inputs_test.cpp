#include "eval/observed_inputs.h"

#include <gtest/gtest.h>

#include "tests/models/tiny_sky.h"

namespace asterism::eval {
namespace {

TEST(ObservedInputs, AreWhatTheModelReadsLessLabelsAndWhatIsLeftOut) {
  const auto sky = models::tiny::scalars(20);
  models::AnyToAny model(models::tiny::scalar_model());
  model.fit(sky);
  Collected collected;
  EXPECT_EQ(observed_inputs(model, sky, collected), (std::vector<std::string>{"flux_g", "flux_r", "redshift"}));
  collected.labels["redshift"] = {};
  EXPECT_EQ(observed_inputs(model, sky, collected), (std::vector<std::string>{"flux_g", "flux_r"}));
  collected.subject.not_asked = {"flux_g"};
  EXPECT_EQ(observed_inputs(model, sky, collected), (std::vector<std::string>{"flux_r"}));
  auto fewer = sky;
  fewer.blocks.erase("flux_r");
  EXPECT_TRUE(observed_inputs(model, fewer, collected).empty());
}

}  // namespace
}  // namespace asterism::eval
