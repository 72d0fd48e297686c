#include "nn/row_spans.h"

#include <gtest/gtest.h>

#include <atomic>

#include "gradient_check.h"
#include "groups_of.h"
#include "nn/autocast.h"
#include "nn/ragged_attention.h"
#include "threads.h"

namespace asterism::nn {
namespace {

using test::groups_of;

TEST(RowSpans, AreOfAboutAsManyRows) {
  EXPECT_EQ(even_spans(groups_of({10, 10, 10, 10}), 2), (std::vector<int64_t>{0, 2, 4}));
  EXPECT_EQ(even_spans(groups_of({30, 1, 1, 1}), 2), (std::vector<int64_t>{0, 1, 4}));
  EXPECT_EQ(even_spans(groups_of({1, 1, 1, 30}), 2), (std::vector<int64_t>{0, 3, 4}));
  EXPECT_EQ(even_spans(groups_of({40}), 4), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(even_spans(groups_of({5, 0, 5}), 1), (std::vector<int64_t>{0, 3}));
  EXPECT_EQ(even_spans(groups_of({}), 3), (std::vector<int64_t>{0, 0}));
}

struct Mixer {  // rows of a group see each other; what else it reads: two weights, of which one learns
  at::Tensor learns = at::rand({8, 8}).set_requires_grad(true), fixed = at::rand({8});
  std::atomic<int> calls{0};
  SpanWork work() {
    return [this](const at::Tensor& rows, const Ranges& groups, int64_t) {
      ++calls;
      const auto q = at::matmul(rows, learns).view({rows.size(0), 2, 4});
      return attend_ragged(q, q, q, groups, groups).flatten(1) + rows * fixed;
    };
  }
};

TEST(RowSpans, ValuesAndGradientsAreThoseOfTheWhole) {
  const auto groups = groups_of({200, 0, 150, 300, 90, 260});
  Mixer mixer;
  const auto x = at::rand({groups.rows(), 8}).set_requires_grad(true), towards = at::rand({groups.rows(), 8});
  const auto run = [&](int threads) {
    const test::Threads some(threads);
    mixer.calls = 0;
    x.mutable_grad().reset();
    mixer.learns.mutable_grad().reset();
    const auto y = through_spans(x * 2, groups, {mixer.learns, mixer.fixed, at::Tensor()}, mixer.work());
    EXPECT_EQ(mixer.calls, threads);
    (y * towards).sum().backward();
    return std::vector<at::Tensor>{y.detach(), x.grad().clone(), mixer.learns.grad().clone()};
  };
  const auto whole = run(1), cut = run(3);
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(at::allclose(cut[i], whole[i], 1e-4, 1e-5)) << i;
}

TEST(RowSpans, TooManyWeightsAreLearnedInOne) {
  const auto groups = groups_of({300, 300});
  Mixer mixer;
  const test::Threads two(2);
  const auto many = at::zeros({1}).expand({int64_t(1) << 30}).set_requires_grad(true);  // 4 GiB, were it written out
  through_spans(at::rand({groups.rows(), 8}), groups, {mixer.learns, many}, mixer.work());
  EXPECT_EQ(mixer.calls, 1) << "gradients of every span would take 8 GiB";
  at::NoGradGuard no_grad;
  through_spans(at::rand({groups.rows(), 8}), groups, {mixer.learns, many}, mixer.work());
  EXPECT_EQ(mixer.calls, 3);
}

TEST(RowSpans, WithoutGradientsTheyKeepNone) {
  const auto groups = groups_of({300, 300});
  Mixer mixer;
  const test::Threads two(2);
  const auto x = at::rand({600, 8});
  {
    const at::NoGradGuard no_grad;
    EXPECT_FALSE(through_spans(x, groups, {mixer.learns}, mixer.work()).requires_grad());
    EXPECT_EQ(mixer.calls, 2);
  }
  EXPECT_TRUE(through_spans(x, groups, {mixer.learns}, mixer.work()).requires_grad());
  EXPECT_FALSE(through_spans(x, groups, {mixer.fixed}, [](const at::Tensor& rows, const Ranges&, int64_t) {
                 return rows * 2;
               }).requires_grad());
}

TEST(RowSpans, FewRowsAndNarrowProductsAreLeftWhole) {
  Mixer mixer;
  const test::Threads two(2);
  const at::NoGradGuard no_grad;
  through_spans(at::rand({40, 8}), groups_of({20, 20}), {}, mixer.work());
  EXPECT_EQ(mixer.calls, 1);
  const Autocast bytes(Precision::int8);
  through_spans(at::rand({4000, 8}), groups_of({2000, 2000}), {}, mixer.work());
  EXPECT_EQ(mixer.calls, 2);
}

TEST(RowSpans, FailuresOfASpanReachTheCaller) {
  const test::Threads two(2);
  const auto x = at::rand({600, 8}).set_requires_grad(true);
  EXPECT_ANY_THROW(
      through_spans(x, groups_of({300, 300}), {}, [](const at::Tensor& rows, const Ranges&, int64_t first) {
        if (first == 1) throw std::runtime_error("the second");
        return rows * 2;
      }));
}

}  // namespace
}  // namespace asterism::nn
