#include "sky/simulator.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "sky/observe.h"

namespace asterism::sky {
namespace {

TEST(Simulator, PairsAreTheColumns) {
  const SkySettings galaxies = simulator_population({});
  auto batch = observe_scalars(4, 0, 64, {"legacy", "euclid"}, galaxies);
  add_pairs(batch);
  EXPECT_NO_THROW(modalities::check(batch));
  const auto& parameters = std::get<modalities::VectorBlock>(batch.blocks.at("parameters"));
  const auto& observation = std::get<modalities::VectorBlock>(batch.blocks.at("observation"));
  const auto names = parameter_names(), measured = observation_names(batch);
  ASSERT_EQ(parameters.width, int64_t(names.size()));
  ASSERT_EQ(observation.width, int64_t(measured.size()));
  EXPECT_EQ(observation.width, 20);
  for (size_t row = 0; row < 64; ++row) {
    EXPECT_EQ(parameters.present[row], 1);
    for (size_t k = 0; k < names.size(); ++k)
      EXPECT_EQ(parameters.value[row * names.size() + k],
                float(std::get<modalities::ScalarBlock>(batch.blocks.at(names[k])).value[row]));
    for (size_t k = 0; k < measured.size(); k += 2) {
      const auto& flux = std::get<modalities::ScalarBlock>(batch.blocks.at(measured[k]));
      EXPECT_EQ(observation.value[row * measured.size() + k], float(flux.value[row]));
      EXPECT_EQ(observation.value[row * measured.size() + k + 1], float(flux.error[row]));
    }
  }
}

TEST(Simulator, NeedsFluxes) {
  auto batch = observe_scalars(4, 0, 4, {"desi"}, simulator_population({}));
  EXPECT_THROW(add_pairs(batch), base::UserError);
}

}  // namespace
}  // namespace asterism::sky
