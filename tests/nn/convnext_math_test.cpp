#include "nn/convnext_math.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace asterism::nn {
namespace {

// Fewer channels than a vector, a whole number of them, and some left over; sequences shorter than the taps too.
const std::vector<std::pair<int64_t, int64_t>> kShapes{{1, 2}, {3, 16}, {9, 19}, {130, 48}};

TEST(ConvNextMath, DepthwiseConvolutionAndNormAreTheOperatorsInDouble) {
  for (const auto& [L, C] : kShapes) {
    at::manual_seed(uint64_t(L));
    const auto x = at::randn({L, C}), taps = at::randn({7, C}), bias = at::randn({C}), scale = at::randn({C}),
               shift = at::randn({C});
    const auto wide = at::conv1d(x.to(at::kDouble).t().unsqueeze(0), taps.to(at::kDouble).t().unsqueeze(1),
                                 bias.to(at::kDouble), 1, 3, 1, C);
    const auto wanted = at::layer_norm(wide.squeeze(0).t(), {C}, scale.to(at::kDouble), shift.to(at::kDouble), 1e-6);
    const auto out = at::full({L, C}, -1e9F);
    depthwise_norm({taps.const_data_ptr<float>(), bias.const_data_ptr<float>(), scale.const_data_ptr<float>(),
                    shift.const_data_ptr<float>(), 7, C, 1e-6F},
                   x.const_data_ptr<float>(), L, out.mutable_data_ptr<float>());
    EXPECT_LT((out - wanted).abs().max().item<double>(), C < 16 ? 1e-3 : 2e-5) << L << " " << C;
  }
}

TEST(ConvNextMath, GlobalResponseIsTheFormulaInDouble) {
  for (const auto& [L, D] : kShapes) {
    at::manual_seed(uint64_t(D));
    const auto h = at::randn({L, D}) * 3, gamma = at::randn({D}), beta = at::randn({D});
    const auto wide = h.to(at::kDouble);
    const auto length = wide.square().sum(0).sqrt();
    const auto wanted = gamma * (wide * (length / (length.mean() + 1e-6))) + beta + wide;
    global_response(h.mutable_data_ptr<float>(), L, D, gamma.const_data_ptr<float>(), beta.const_data_ptr<float>());
    EXPECT_LT((h - wanted).abs().max().item<double>(), 2e-5) << L << " " << D;
  }
}

TEST(ConvNextMath, NotANumberIsNotLost) {
  const auto h = at::ones({5, 20}), gamma = at::ones({20}), beta = at::zeros({20});
  h[2][3] = std::numeric_limits<float>::quiet_NaN();
  global_response(h.mutable_data_ptr<float>(), 5, 20, gamma.const_data_ptr<float>(), beta.const_data_ptr<float>());
  EXPECT_TRUE(at::isnan(h).all().item<bool>());  // the mean of all lengths is none either
}

TEST(ConvNextMath, RowsAreAdded) {
  const auto a = at::randn({37}), b = at::randn({37}), out = at::empty({37});
  add_rows(a.const_data_ptr<float>(), b.const_data_ptr<float>(), out.mutable_data_ptr<float>(), 37);
  EXPECT_TRUE(at::equal(out, a + b));
}

}  // namespace
}  // namespace asterism::nn
