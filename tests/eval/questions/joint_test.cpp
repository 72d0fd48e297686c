#include "eval/questions/joint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

// Two standard normal numbers of correlation 0.8; what is said of one given the other is `off` nats too high in turns.
Planted planted_pair(double off) {
  auto planted = planted_subject(400);
  FactoredPair pair{"a", "b", {}, {}, {}, {}, {}};
  const double r = 0.8, s2 = 1 - r * r, ln_norm = -0.5 * std::log(2 * M_PI);
  for (int64_t i = 0; i < 4000; ++i) {
    base::Random random(5, 0, uint64_t(i), "pair");
    const double a = random.normal(), b = r * a + std::sqrt(s2) * random.normal();
    const auto given = [&](double x, double y) {
      return ln_norm - 0.5 * std::log(s2) - 0.5 * (y - r * x) * (y - r * x) / s2;
    };
    pair.rows.push_back(i % 400);
    pair.ln_a.push_back(ln_norm - 0.5 * a * a);
    pair.ln_b.push_back(ln_norm - 0.5 * b * b);
    pair.ln_b_given_a.push_back(given(a, b) + (i % 2 == 0 ? off : -off));
    pair.ln_a_given_b.push_back(given(b, a));
  }
  planted.subject.factored.push_back(pair);
  return planted;
}

Answer ask(const Planted& planted) {
  const JointQuestion question({.bootstrap = {.resamples = 50}});
  EXPECT_TRUE(question.applies(planted.subject, planted.labels));
  return question.ask(planted.subject, planted.labels, planted.split);
}

TEST(Joint, OneDistributionHasNoDifference) {
  const auto answer = ask(planted_pair(0));
  EXPECT_NEAR(answer.scores[0].interval.value, 0, 1e-12);
  EXPECT_GT(answer.scores[1].interval.value, 0.3);                                // of the independent one
  EXPECT_NEAR(answer.scores[2].interval.value, -0.5 * std::log(1 - 0.64), 0.03);  // the mutual information
  EXPECT_EQ(answer.test, 4000);
  const double entropy = 0.5 * std::log(2 * M_PI) + 0.5;
  EXPECT_EQ(answer.scores[3].measure, "ln p(a) [nats]");
  EXPECT_NEAR(answer.scores[3].interval.value, -entropy, 0.05);
  EXPECT_EQ(answer.scores[5].measure, "ln p(b|a) [nats]");
  EXPECT_NEAR(answer.scores[5].interval.value, -entropy - 0.5 * std::log(1 - 0.64), 0.05);
}

TEST(Joint, APlantedDifferenceIsFound) { EXPECT_NEAR(ask(planted_pair(0.07)).scores[0].interval.value, 0.07, 1e-12); }

TEST(Joint, TruthsWithoutDensityAreCounted) {
  auto planted = planted_pair(0);
  planted.subject.factored[0].ln_a[5] = -std::numeric_limits<double>::infinity();
  const auto answer = ask(planted);
  ASSERT_EQ(answer.notes.size(), 1U);
  EXPECT_NE(answer.notes[0].find("1 truths lie where the model allows nothing"), std::string::npos);
  EXPECT_FALSE(JointQuestion({}).applies(planted_subject(50).subject, {}));
}

}  // namespace
}  // namespace asterism::eval
