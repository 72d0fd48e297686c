#include "eval/questions/judged_sides.h"

#include <gtest/gtest.h>

#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

// Of objects 5, 7 and 9, of which the last did not come back.
Reconstruction of_three() {
  Reconstruction made;
  made.rows = {5, 7, 9};
  auto block = modalities::make_spectra(3, 4, "u");
  block.present = {1, 1, 0};
  made.observed = made.rebuilt = block;
  return made;
}

TEST(JudgedSides, FollowTheSplit) {
  const auto sides = sides_of(of_three(), {.train = {7, 9}, .test = {5, 6}});
  EXPECT_EQ(sides.train, std::vector<int64_t>{1});
  EXPECT_EQ(sides.test, std::vector<int64_t>{0});
}

TEST(JudgedSides, AreCountedInTheAnswerOrAreTooFew) {
  Answer answer;
  EXPECT_FALSE(judged_sides(answer, "spectrum_desi", of_three(), {.train = {7}, .test = {5}}, 2));
  ASSERT_EQ(answer.notes.size(), 1u);
  EXPECT_EQ(answer.notes[0], "spectrum_desi: 1 on the test side are too few");
  EXPECT_EQ(answer.test, 0);
  EXPECT_TRUE(judged_sides(answer, "spectrum_desi", of_three(), {.train = {7}, .test = {5}}, 1));
  EXPECT_EQ(answer.test, 1);
  EXPECT_EQ(answer.train, 1);
}

}  // namespace
}  // namespace asterism::eval
