#include "eval/questions/repeats.h"

#include <gtest/gtest.h>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(Repeats, RowsOfOneObjectAreFoundByNameAndByPlace) {
  Subject subject;
  subject.objects = {{"s", "a#10", false, 0, 0}, {"s", "b", true, 10, 5},      {"s", "a", false, 0, 0},
                     {"s", "a#9", false, 0, 0},  {"s", "c", true, 10.0001, 5}, {"s", "d", true, 40, 5},
                     {"s", "e", true, 50, 5},    {"s", "d#2", true, 40, 5}};
  Vectors vectors{at::ones({8, 2}), {1, 1, 1, 1, 1, 1, 0, 1}};
  const auto rows = repeated_rows(subject, vectors, {0, 1, 2, 3, 4, 5, 6});            // d#2 is on the other side
  const std::vector<std::pair<int64_t, int64_t>> expected = {{2, 0}, {1, 4}, {5, 5}};  // e has no such observation
  EXPECT_EQ(rows, expected);
}

TEST(Repeats, ThePlantedOnesAreFoundAmongAllAndNoiseIsNot) {
  auto planted = planted_subject(200);
  auto& subject = planted.subject;
  auto& vectors = subject.vectors.at("spectrum_desi");
  planted.split.test.clear();
  for (int64_t i = 0; i < 200; ++i) planted.split.test.push_back(i);
  for (int64_t i = 0; i < 40; ++i) {  // 40 objects of 160 have a second row
    subject.objects[size_t(160 + i)].id = subject.objects[size_t(i)].id + "#2";
    vectors.vectors_ND[160 + i].copy_(vectors.vectors_ND[i] + 0.05);
  }
  subject.features["binned spectrum_desi"] = {at::randn({200, 5}, at::kDouble), vectors.present};
  Answer answer;
  const AskOptions options{.bootstrap = {.resamples = 50}};
  ask_repeats(answer, subject, "spectrum_desi", planted.split, options, 5);
  const std::string direction = "spectrum_desi -> another";
  EXPECT_GT(score_of(answer, "vectors", "recall@1", direction).interval.value, 0.9);
  EXPECT_LT(score_of(answer, "nearest by", "recall@1", direction).interval.value, 0.2);
  EXPECT_EQ(score_of(answer, "chance", "median rank", direction).interval.value, 80.5);
  EXPECT_EQ(answer.ranks[0].rank.size(), 40u);
  Answer none;
  ask_repeats(none, subject, "spectrum_desi", planted.split, options, 41);
  EXPECT_TRUE(none.scores.empty());
  EXPECT_EQ(none.notes.size(), 1u);
}

TEST(Repeats, HalvesStandBesideTheirFeatures) {
  at::manual_seed(4);
  Halves halves;
  halves.first_MD = at::randn({30, 8});
  halves.second_MD = halves.first_MD + 0.05;
  halves.features = "binned x";
  halves.first_MF = at::randn({30, 3}, at::kDouble);
  halves.second_MF = at::randn({30, 3}, at::kDouble);
  for (int64_t i = 0; i < 30; ++i) halves.rows.push_back(i);
  Answer answer;
  const AskOptions options{.bootstrap = {.resamples = 50}};
  ask_halves(answer, "x", halves, options, 10);
  EXPECT_EQ(score_of(answer, "vectors", "recall@1", "x, half -> other half").interval.value, 1);
  EXPECT_LT(score_of(answer, "nearest by binned x", "recall@1").interval.value, 0.4);
  EXPECT_EQ(score_of(answer, "chance", "median rank").interval.value, 15.5);
}

}  // namespace
}  // namespace asterism::eval
