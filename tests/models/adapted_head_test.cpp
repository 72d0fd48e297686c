#include "models/adapted_head.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

AdaptedSettings adapted_head_settings(const std::string& adapt, const std::string& task = "posterior") {
  AdaptedSettings s;
  s.backbone = "there";
  s.target = "redshift";
  s.adapt = adapt;
  s.task = task;
  s.hidden = 6;
  s.heads = 2;
  s.components = 2;
  s.bins = 8;
  if (task == "classification") s.classes = 3;
  return s;
}

modalities::ScalarBlock labels(const std::vector<double>& values) {
  auto out = tiny::scalar(int64_t(values.size()), false);
  out.value.assign(values.begin(), values.end());
  return out;
}

nn::Ranges three_objects() {
  nn::Ranges out;
  for (const int64_t n : {3, 0, 2}) out.add(n);
  return out;
}

TEST(AdaptedHead, MeanOfRows) {
  const auto x = at::arange(10, at::kDouble).view({5, 2});
  EXPECT_TRUE(
      at::equal(mean_rows(x, three_objects()), at::tensor({2.0, 3.0, 0.0, 0.0, 7.0, 8.0}, at::kDouble).view({3, 2})));
}

TEST(AdaptedHead, GradientsOfEveryHead) {
  for (const char* adapt : {"linear", "mlp", "attentive", "tokens"})
    for (const char* task : {"posterior", "regression", "classification"}) {
      SCOPED_TRACE(std::string(adapt) + " " + task);
      nn::Parameters parameters;
      AdaptedHead head(nn::Scope(parameters, 1, "", at::kDouble), adapted_head_settings(adapt, task), 4);
      test::shake(parameters);
      const auto label = at::tensor({0.0, 1.0, 2.0}, at::kDouble);
      head.fit(labels({0, 1, 2, 1, 0}));
      const auto x = test::random_input({5, 4}, true, "x");
      const bool tokens = std::string(adapt) == "attentive" || std::string(adapt) == "tokens";
      test::expect_gradients(
          [&] {
            const auto answer = tokens ? head.of_tokens(x, three_objects()) : head.of_vectors(x.narrow(0, 0, 3));
            return head.loss(answer, label).unsqueeze(0);
          },
          parameters, x);
    }
}

TEST(AdaptedHead, AnObjectDoesNotSeeTheTokensOfAnother) {
  nn::Parameters parameters;
  const AdaptedHead head(nn::Scope(parameters, 1), adapted_head_settings("attentive"), 4);
  auto x = test::random_input({5, 4}, false, "x", at::kFloat);
  const auto before = head.of_tokens(x, three_objects());
  x[4] = 9;
  const auto after = head.of_tokens(x, three_objects());
  EXPECT_TRUE(at::equal(before[0], after[0]));
  EXPECT_FALSE(at::equal(before[2], after[2]));
}

// Ten labels do not span what there is: a truth beyond them is no miracle, and an answer beyond them is not cut off.
TEST(AdaptedHead, BinsReachBeyondFewLabelsAndStayAmongMany) {
  const auto edges_of = [](int64_t count) {
    std::vector<double> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(0.3 + 0.4 * (double(i) + 0.5) / double(count));
    nn::Parameters parameters;
    auto settings = adapted_head_settings("linear");
    settings.bins = 64;
    AdaptedHead head(nn::Scope(parameters, 1), settings, 4);
    head.fit(labels(values));
    const auto edges = head.bins()->edges().contiguous();
    return std::vector<double>(edges.const_data_ptr<double>(), edges.const_data_ptr<double>() + edges.numel());
  };
  const auto few = edges_of(10), many = edges_of(4000);
  EXPECT_LT(few.front(), 0.2);
  EXPECT_GT(few.back(), 0.8);
  EXPECT_GT(many.front(), 0.2);
  EXPECT_LT(many.back(), 0.8);
  for (const auto& edges : {few, many}) {
    const auto inside = std::count_if(edges.begin(), edges.end(), [](double x) { return x > 0.3 && x < 0.7; });
    EXPECT_GT(inside, 40) << "of 65: as fine as labels are dense";
  }
  nn::Parameters parameters;
  AdaptedHead head(nn::Scope(parameters, 1), adapted_head_settings("linear"), 4);
  EXPECT_THROW(head.fit(labels({2, 2, 2})), base::UserError);
}

TEST(AdaptedHead, ClassesAreBinsAboutTheirNumbers) {
  nn::Parameters parameters;
  AdaptedHead head(nn::Scope(parameters, 1), adapted_head_settings("linear", "classification"), 4);
  head.fit(labels({0, 1, 2, 1}));
  EXPECT_TRUE(at::allclose(head.bins()->edges(), at::tensor({-0.5, 0.5, 1.5, 2.5}, at::kDouble)));
  const auto answer = head.of_vectors(test::random_input({2, 4}, false, "x", at::kFloat));
  EXPECT_EQ(head.posterior(answer).probability_NK().sizes(), (at::IntArrayRef{2, 3}));
  for (const double wrong : {-1.0, 0.5, 3.0})
    EXPECT_THROW(head.loss(answer, at::tensor({1.0, wrong}, at::kDouble)), base::UserError) << wrong;
}

}  // namespace
}  // namespace asterism::models
