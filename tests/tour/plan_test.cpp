#include "tour/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/resources.h"
#include "base/temporary_folder.h"

namespace asterism::tour {
namespace {

// Whatever a step uses was made by one before it, and its recipe exists.
void check_order(const Plan& plan) {
  std::set<std::string> made;
  for (const auto& step : plan.datasets) EXPECT_TRUE(made.insert(step.name).second) << step.name;
  for (const auto& step : plan.trainings) {
    EXPECT_TRUE(made.contains(step.dataset)) << step.name;
    EXPECT_TRUE(step.learns_from.empty() || made.contains(step.learns_from)) << step.name;
    for (const auto& codec : step.codecs)
      EXPECT_TRUE(made.contains(codec.second)) << step.name << " wants " << codec.second;
    EXPECT_TRUE(std::filesystem::exists(base::resource("recipes/" + step.recipe))) << step.recipe;
    EXPECT_GT(step.steps, 0);
    EXPECT_TRUE(made.insert(step.name).second) << step.name;
  }
  EXPECT_TRUE(made.contains(plan.search_model));
  EXPECT_TRUE(made.contains(plan.gallery));
}

TEST(Plan, EveryStepComesAfterWhatItNeeds) {
  check_order(mock_plan({.minutes = 0.1}));
  check_order(mock_plan({.minutes = 10}));
  const base::TemporaryFolder folder;
  for (const char* set : {"boss", "sdss_stars", "zcosmos", "legacy_galaxy_zoo"})
    std::filesystem::create_directory(folder / set);
  check_order(real_plan({.data = folder.path()}));
}

TEST(Plan, MoreMinutesMeanMoreObjectsAndSteps) {
  const auto small = mock_plan({.minutes = 2}), large = mock_plan({.minutes = 10});
  for (size_t i = 0; i < small.trainings.size(); ++i) EXPECT_LT(small.trainings[i].steps, large.trainings[i].steps);
  EXPECT_LT(small.datasets[0].mock_objects, large.datasets[0].mock_objects);
}

TEST(Plan, AMissingSetIsNamed) {
  const base::TemporaryFolder folder;
  EXPECT_THROW(real_plan({.data = folder.path()}), base::UserError);
}

}  // namespace
}  // namespace asterism::tour
