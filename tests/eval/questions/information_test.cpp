#include "eval/questions/information.h"

#include "tests/eval/methods/gaussian_pairs.h"
#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

Planted planted_gaussians(int64_t n, double correlation) {
  auto planted = planted_subject(n);
  const auto pairs = gaussian_pairs(n, 3, correlation);
  const auto present = planted.subject.vectors.at("good").present;
  planted.subject.vectors.clear();
  planted.subject.vectors["image"] = {pairs.a_ND.to(at::kFloat), present};
  planted.subject.vectors["spectrum"] = {pairs.b_ND.to(at::kFloat), present};
  auto& label = planted.labels["depth"];  // one of the numbers, and noise
  const auto depth = (pairs.a_ND.select(1, 0) + at::randn({n}, at::kDouble)).contiguous();
  label.value.assign(depth.const_data_ptr<double>(), depth.const_data_ptr<double>() + n);
  label.present.assign(size_t(n), 1);
  return planted;
}

TEST(Information, BoundsAndEstimatesOfWhatIsKnown) {
  const auto planted = planted_gaussians(2400, 0.8);
  const InformationQuestion question({.bootstrap = {.resamples = 100}, .pairs = 600});
  ASSERT_TRUE(question.applies(planted.subject, planted.labels));
  const auto answer = question.ask(planted.subject, planted.labels, planted.split);
  const double known = -1.5 * std::log(1 - 0.64);
  const auto& kraskov = score_of(answer, "leading components of each", "information [nats]", "image, spectrum");
  EXPECT_NEAR(kraskov.interval.value, known, 0.35);  // it falls short among many numbers
  const auto& small = score_of(answer, "InfoNCE", "nats, N = 8");
  const auto& large = score_of(answer, "InfoNCE", "nats, N = 600");
  EXPECT_GT(large.interval.value, small.interval.value);
  EXPECT_LT(large.interval.value, known + 0.1);  // cosines are not the best scores of Gaussians
  EXPECT_GT(large.interval.value, 0.3);
  EXPECT_TRUE(score_of(answer, "ln N", "nats, N = 8").baseline);
  EXPECT_NEAR(score_of(answer, "ln N", "nats, N = 8").interval.value, std::log(8.0), 1e-12);
  EXPECT_NEAR(score_of(answer, "vectors of image", "information [nats]", "depth").interval.value, 0.5 * std::log(2.0),
              0.12);
  EXPECT_NEAR(score_of(answer, "vectors of image", "information [nats]", "redshift").interval.value, 0, 0.15);
  EXPECT_TRUE(score_of(answer, "magnitudes", "information [nats]", "redshift").baseline);
  EXPECT_GT(score_of(answer, "magnitudes", "information [nats]", "redshift").interval.low, 0.5);
  EXPECT_GT(score_of(answer, "magnitudes", "information [nats]", "depth, redshift").interval.low, 0.2);
  ASSERT_EQ(answer.plots.size(), 1u);
  for (const auto& score : answer.scores) EXPECT_NE(score.subject, "object_class");  // no continuous quantity
}

TEST(Information, TooFewPairsAreANote) {
  auto planted = planted_gaussians(200, 0.8);
  auto& present = planted.subject.vectors.at("image").present;
  std::fill(present.begin() + 20, present.end(), 0);
  const auto answer =
      InformationQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  ASSERT_FALSE(answer.notes.empty());
  EXPECT_NE(answer.notes[0].find("image, spectrum: 5 pairs are too few"), std::string::npos);
  EXPECT_TRUE(answer.plots.empty());
  planted.subject.vectors.clear();
  EXPECT_FALSE(InformationQuestion({}).applies(planted.subject, planted.labels));
}

}  // namespace
}  // namespace asterism::eval
