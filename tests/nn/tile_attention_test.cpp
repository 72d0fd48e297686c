#include "nn/tile_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nn/matrix_tiles.h"

namespace asterism::nn {
namespace {

struct Answer {
  at::Tensor out, lse;
};

Answer answer_by_tiles(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto view = [](const at::Tensor& x) { return MatrixView{x.const_data_ptr<float>(), x.stride(0)}; };
  const int64_t m = q.size(0), d = q.size(1);
  Answer a{at::full({m, d + 3}, 9.0F), at::empty({m})};
  const WholeTiles tiles;
  attend_by_tiles({view(q), view(k), view(v), m, k.size(0), d, a.out.mutable_data_ptr<float>(), d + 3,
                   a.lse.mutable_data_ptr<float>()});
  EXPECT_TRUE(a.out.narrow(1, d, 3).eq(9).all().item<bool>()) << "written beside";
  a.out = a.out.narrow(1, 0, d);
  return a;
}

// What two numbers rounded to bfloat16 may be off by is 2^-8 of their product.
TEST(TileAttention, AgreesWithFloat64ToTheRoundingOfBfloat16) {
  if (!has_matrix_tiles()) GTEST_SKIP() << "no matrix tiles";
  for (const int64_t m : {1, 16, 17, 33, 70})
    for (const int64_t n : {1, 16, 17, 32, 33, 47, 48, 150})
      for (const int64_t d : {1, 8, 33, 64}) {
        const auto q = at::randn({m, d}), k = at::randn({n, d}), v = at::randn({n, d});
        const auto narrow = [](const at::Tensor& x) { return x.to(at::kBFloat16).to(at::kDouble); };
        const auto scores = at::mm(narrow(q), narrow(k).t()) / std::sqrt(double(d));
        const auto found = answer_by_tiles(q, k, v);
        const auto wanted = at::mm(at::softmax(scores, 1), narrow(v));
        ASSERT_LT((found.out - wanted).abs().max().item<double>(), 0.02) << m << ", " << n << ", " << d;
        ASSERT_LT((found.lse - scores.logsumexp(1)).abs().max().item<double>(), 1e-4) << m << ", " << n << ", " << d;
      }
}

// Scores of any size: the largest is taken off first.
TEST(TileAttention, LargeScoresDoNotOverflow) {
  if (!has_matrix_tiles()) GTEST_SKIP() << "no matrix tiles";
  const auto q = at::full({5, 16}, 100.0F), k = at::arange(40, at::kFloat).unsqueeze(1).expand({40, 16}).contiguous();
  const auto v = at::arange(40, at::kFloat).unsqueeze(1).expand({40, 16}).contiguous();
  EXPECT_TRUE(at::allclose(answer_by_tiles(q, k, v).out, at::full({5, 16}, 39.0F)));
  EXPECT_TRUE(at::allclose(answer_by_tiles(q, -k, v).out, at::zeros({5, 16})));
}

TEST(TileAttention, NotANumberStaysInItsRow) {
  if (!has_matrix_tiles()) GTEST_SKIP() << "no matrix tiles";
  auto q = at::randn({20, 16});
  q[3][0] = std::numeric_limits<float>::quiet_NaN();
  const auto bad = answer_by_tiles(q, at::randn({40, 16}), at::randn({40, 16})).out.isnan();
  EXPECT_TRUE(bad[3].all().item<bool>());
  EXPECT_EQ(bad.sum().item<int64_t>(), 16);
}

}  // namespace
}  // namespace asterism::nn
