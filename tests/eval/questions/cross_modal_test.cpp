#include "eval/questions/cross_modal.h"

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

// Two views of one table of numbers that hold the redshift, the second moved and stretched as a whole.
Planted two_views() {
  auto planted = planted_subject(600);
  const auto base = planted.subject.vectors.at("good");
  const auto n = base.vectors_ND.size(0);
  planted.subject.vectors.clear();
  planted.subject.vectors["image"] = base;
  planted.subject.vectors["spectrum"] = {3 * base.vectors_ND + 0.01 * at::randn({n, 4}) + 40, base.present};
  planted.subject.vectors["stranger"] = {at::randn({n, 4}), base.present};
  return planted;
}

TEST(CrossModal, LabelsOnOneSpaceHoldInTheOtherWhereTheyAreOne) {
  const auto planted = two_views();
  const CrossModalQuestion question({.bootstrap = {.resamples = 50}, .neighbours = 5});
  ASSERT_TRUE(question.applies(planted.subject, planted.labels));
  const auto answer = question.ask(planted.subject, planted.labels, planted.split);
  for (const auto* how : {"5-NN", "linear"}) {
    const auto method = [&](const char* from, const char* to) {
      return std::string("vectors, labels on ") + from + ", asked of " + to + ", " + how;
    };
    EXPECT_GT(score_of(answer, method("spectrum", "image"), "R2", "redshift").interval.low, 0.8) << how;
    EXPECT_GT(score_of(answer, method("image", "spectrum"), "R2", "redshift").interval.low, 0.8) << how;
    EXPECT_LT(score_of(answer, method("image", "stranger"), "R2", "redshift").interval.value, 0.2) << how;
    EXPECT_GT(score_of(answer, method("image", "spectrum"), "accuracy", "object_class").interval.value, 0.9) << how;
  }
  int64_t trivial = 0;  // once a label
  for (const auto& score : answer.scores) trivial += score.baseline && score.measure == "R2" ? 1 : 0;
  EXPECT_EQ(trivial, 1);
}

TEST(CrossModal, ObjectsThatLackOneOfTheTwoAreNotJudged) {
  auto planted = two_views();
  auto& present = planted.subject.vectors.at("image").present;
  for (size_t i = 0; i < present.size(); ++i) present[i] = i % 8 < 4;
  const auto answer =
      CrossModalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_EQ(answer.test, int64_t(planted.split.test.size()));  // of the pair without images
  planted.subject.vectors.erase("stranger");
  const auto fewer =
      CrossModalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_EQ(fewer.test, int64_t(planted.split.test.size()) / 2);
  present.assign(present.size(), 0);
  present[size_t(planted.split.test[0])] = 1;
  const auto one =
      CrossModalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  ASSERT_FALSE(one.notes.empty());
  EXPECT_NE(one.notes[0].find("too few"), std::string::npos);
  present.assign(present.size(), 0);  // no pair was ever observed: nothing is asked, and nothing said
  const auto none =
      CrossModalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_TRUE(none.notes.empty());
}

// Spectra of the nearer half alone: their mean is not that of all images.
TEST(CrossModal, ASelectionOfObjectsMovesNothing) {
  auto planted = two_views();
  auto& present = planted.subject.vectors.at("spectrum").present;
  for (size_t i = 0; i < present.size(); ++i) present[i] = planted.labels.at("redshift").value[i] < 0.5;
  const auto answer =
      CrossModalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  for (const auto* how : {"15-NN", "linear"})
    EXPECT_GT(
        score_of(answer, std::string("labels on image, asked of spectrum, ") + how, "R2", "redshift").interval.value,
        0.8)
        << how;
}

// What only one of the two has stands in places where the other has nothing.
TEST(CrossModal, PlacesOfOneAloneDoNotCount) {
  auto planted = two_views();
  const auto n = int64_t(planted.subject.objects.size());
  const auto zero = at::zeros({n, 20});
  planted.subject.vectors.erase("stranger");
  auto &image = planted.subject.vectors.at("image").vectors_ND,
       &spectrum = planted.subject.vectors.at("spectrum").vectors_ND;
  image = at::cat({image, at::randn({n, 20}), zero}, 1);
  spectrum = at::cat({spectrum, zero, at::randn({n, 20})}, 1);
  const auto answer =
      CrossModalQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  for (const auto* how : {"15-NN", "linear"})
    EXPECT_GT(
        score_of(answer, std::string("labels on image, asked of spectrum, ") + how, "R2", "redshift").interval.value,
        0.8)
        << how;
}

TEST(CrossModal, OneSpaceAloneIsNoQuestion) {
  auto planted = two_views();
  planted.subject.vectors.erase("stranger");
  planted.subject.vectors.erase("image");
  EXPECT_FALSE(CrossModalQuestion({}).applies(planted.subject, planted.labels));
}

}  // namespace
}  // namespace asterism::eval
