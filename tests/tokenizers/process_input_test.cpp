#include "tokenizers/process_input.h"

#include <gtest/gtest.h>

#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

TEST(ProcessInput, HidesByObjectAndAlwaysShowsOne) {
  const auto block = test::light_curves(6);
  const auto whole = process_curves(block, {}, {}, "test");
  ProcessReading how;
  how.hide = {0.25, 7, 1, nullptr};
  const auto curves = process_curves(block, {}, how, "test"), again = process_curves(block, {}, how, "test");
  ASSERT_EQ(curves.size(), whole.size());
  for (size_t i = 0; i < curves.size(); ++i) {
    const auto shown = curves[i].shown.value_N.size(0), hidden = curves[i].hidden.value_N.size(0);
    EXPECT_GT(shown, 0);
    EXPECT_EQ(shown + hidden, whole[i].shown.value_N.size(0));
    EXPECT_EQ(hidden, again[i].hidden.value_N.size(0));
  }
}

TEST(ProcessInput, ObjectsWithoutAGoodPointAreLeftOut) {
  auto block = test::light_curves(3);
  test::hide(block, 1);
  const auto curves = process_curves(block, {}, {}, "test");
  ASSERT_EQ(curves.size(), 2U);
  EXPECT_EQ(curves[1].row, 2);
}

}  // namespace
}  // namespace asterism::tokenizers
