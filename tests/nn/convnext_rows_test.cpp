#include "nn/convnext_rows.h"

#include <gtest/gtest.h>

#include "threads.h"

namespace asterism::nn {
namespace {

// A block of random weights and the operators of it in double.
struct Block {
  Block(int64_t C, uint64_t seed) : C(C) {
    at::manual_seed(seed);
    taps = at::randn({7, C}) / 3, bias = at::randn({C}), scale = at::randn({C}), shift = at::randn({C});
    w1 = at::randn({4 * C, C}) / 4, b1 = at::randn({4 * C}), w2 = at::randn({C, 4 * C}) / 8, b2 = at::randn({C});
    gamma = at::randn({4 * C}), beta = at::randn({4 * C});
  }

  at::Tensor operator()(const at::Tensor& x) const {
    const auto data = [](const at::Tensor& t) { return t.const_data_ptr<float>(); };
    return convnext_rows({{data(taps), data(bias), data(scale), data(shift), 7, C, 1e-6F},
                          PanelLayer(w1, b1),
                          PanelLayer(w2, b2),
                          data(gamma),
                          data(beta)},
                         x);
  }

  at::Tensor by_operators(const at::Tensor& x_in) const {
    const auto wide = [](const at::Tensor& t) { return t.to(at::kDouble); };
    const auto x = wide(x_in);
    const auto mixed = at::conv1d(x.transpose(1, 2), wide(taps).t().unsqueeze(1), wide(bias), 1, 3, 1, C);
    const auto rows = at::layer_norm(mixed.transpose(1, 2), {C}, wide(scale), wide(shift), 1e-6);
    const auto h = at::gelu(at::linear(rows, wide(w1), wide(b1)));
    const auto length = h.square().sum(1, true).sqrt();
    const auto response = h * (length / (length.mean(2, true) + 1e-6)) * wide(gamma) + wide(beta) + h;
    return x + at::linear(response, wide(w2), wide(b2));
  }

  int64_t C;
  at::Tensor taps, bias, scale, shift, w1, b1, w2, b2, gamma, beta;
};

// Shorter than the taps, one part, several; fewer channels than a vector and more.
TEST(ConvNextRows, AreTheOperatorsInDouble) {
  for (const auto& [L, C] : std::vector<std::pair<int64_t, int64_t>>{{2, 4}, {139, 19}, {141, 48}, {500, 64}}) {
    const Block block(C, uint64_t(L));
    const auto x = at::randn({2, L, C});
    EXPECT_TRUE(at::allclose(block(x).to(at::kDouble), block.by_operators(x), 1e-4, 1e-4)) << L << " " << C;
  }
}

TEST(ConvNextRows, AreTheSameToTheBitInAnyBatchAndNumberOfThreads) {
  const Block block(40, 5);
  const auto x = at::randn({3, 300, 40});
  at::Tensor wanted;
  {
    const test::Threads one(1);
    wanted = block(x);
  }
  const test::Threads several(2);
  EXPECT_TRUE(at::equal(block(x), wanted));
  for (int64_t b = 0; b < 3; ++b) EXPECT_TRUE(at::equal(block(x.narrow(0, b, 1).contiguous())[0], wanted[b])) << b;
}

}  // namespace
}  // namespace asterism::nn
