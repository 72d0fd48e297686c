#include "nn/packed_layers.h"

#include <gtest/gtest.h>

#include "gradient_check.h"
#include "groups_of.h"
#include "threads.h"

namespace asterism::nn {
namespace {

TEST(PackedLayers, NormReadsWhatIsCutOutOfSomethingWider) {
  Parameters p;
  const LayerNorm norm(Scope(p, 1), 24, NormBias::learned, 1e-6);
  test::shake(p);
  const auto wide = test::random_input({50, 3, 2, 24}, false, "x", at::kFloat);
  at::NoGradGuard no_grad;
  for (const auto& x : {wide.select(1, 1), wide.select(1, 2).select(1, 0)}) {
    EXPECT_TRUE(at::allclose(normed(norm, x), norm(x), 1e-5, 1e-5));
    const auto narrow = normed(norm, x.to(at::kBFloat16));
    EXPECT_EQ(narrow.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(at::allclose(narrow.to(at::kFloat), norm(x), 0.03, 0.03));
  }
}

TEST(PackedLayers, MlpIsTheMlpForEveryActivation) {
  for (const auto& name : activation_names())
    for (const bool gated : {false, true}) {
      Parameters p;
      const Mlp mlp(Scope(p, 1), 24, 40, 24, gated, true, activation_named(name));
      test::shake(p);
      const auto x = test::random_input({33, 24}, false, "x", at::kFloat);
      at::NoGradGuard no_grad;
      PackedWeights watched;
      const PackedMlp same(mlp, at::kFloat, watched);
      auto sum = at::ones({33, 24});
      same.add_to(sum, x);
      EXPECT_TRUE(at::allclose(sum, mlp(x) + 1, 1e-4, 1e-4)) << name << " " << gated;
      EXPECT_TRUE(watched.current());
      mlp.fc2.bias.add_(1);
      EXPECT_FALSE(watched.current());
    }
}

// Every group once, in order; none is cut; as many parts as keep the threads busy.
TEST(PackedLayers, GroupsGoTogether) {
  const auto groups = test::groups_of({100, 0, 200, 3000, 5, 5, 700, 600});
  const test::Threads two(2);
  EXPECT_EQ(groups_together(groups, true), (std::vector<int64_t>{0, 3, 4, 7, 8}));
  EXPECT_EQ(groups_together(groups, false), (std::vector<int64_t>{0, 8}));
  EXPECT_EQ(groups_together(test::groups_of({20, 30, 40, 50}), true), (std::vector<int64_t>{0, 3, 4}));
  EXPECT_EQ(groups_together({}, true), (std::vector<int64_t>{0, 0}));
}

TEST(PackedLayers, PartsChangeACopyOnceEach) {
  const auto groups = test::groups_of({100, 0, 200, 3000, 5});
  const auto x = at::arange(3305, at::kFloat).unsqueeze(1), before = x.clone();
  for (const int threads : {1, 2}) {
    const test::Threads some(threads);
    const auto out = changed_in_parts(at::kFloat, x, groups, [&](int64_t first, int64_t end, at::Tensor& rows) {
      EXPECT_EQ(rows.size(0), groups.between(first, end).rows());
      EXPECT_EQ(rows[0].item<float>(), float(groups.starts[size_t(first)]));
      rows.add_(0.5);
    });
    EXPECT_TRUE(at::equal(out, x + 0.5));
    EXPECT_TRUE(at::equal(x, before));
  }
}

}  // namespace
}  // namespace asterism::nn
