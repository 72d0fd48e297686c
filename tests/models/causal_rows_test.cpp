#include "models/causal_rows.h"

#include <gtest/gtest.h>

#include "tests/nn/seeded_noise.h"

namespace asterism::models {
namespace {

struct Small {
  nn::Parameters parameters;
  nn::Encoder encoder;
  nn::Ranges groups;
  std::vector<int64_t> place;
  at::Tensor x;
};

// Three groups, of 4, 1 and 6 rows, the middle of the last one's places out of order.
Small small() {
  Small out;
  nn::TransformerSettings s;
  s.width = 16;
  s.heads = 2;
  s.depth = 2;
  out.encoder = nn::Encoder(nn::Scope(out.parameters, 1), s);
  for (const int64_t length : {4, 1, 6}) out.groups.add(length);
  out.place = {0, 1, 2, 3, 5, 0, 1, 4, 2, 3, 5};
  out.x = tests::seeded_noise({11, 16}, 3);
  return out;
}

TEST(CausalRows, ARowIsMovedByThoseBeforeItAlone) {
  const auto s = small();
  const at::NoGradGuard no_grad;
  const auto before = causal_rows(s.encoder, s.x, s.groups, s.place, {});
  for (int64_t changed = 0; changed < 11; ++changed) {
    auto x = s.x.clone();
    x[changed] *= -1;
    const auto moved = (causal_rows(s.encoder, x, s.groups, s.place, {}) - before).abs().amax(1);
    const auto group_of = [](int64_t r) { return r < 4 ? 0 : r < 5 ? 1 : 2; };
    for (int64_t r = 0; r < 11; ++r) {
      const bool sees = group_of(r) == group_of(changed) && s.place[size_t(changed)] <= s.place[size_t(r)];
      if (sees)
        EXPECT_GT(moved[r].item<float>(), 1e-4) << changed << " " << r;
      else
        EXPECT_LT(moved[r].item<float>(), 1e-6) << changed << " " << r;
    }
  }
}

TEST(CausalRows, WhereAllPlacesAreAlikeItIsTheEncoder) {
  const auto s = small();
  const at::NoGradGuard no_grad;
  const std::vector<int64_t> same(11, 7);
  for (const int64_t depth : {-1, 0, 1})
    EXPECT_TRUE(at::allclose(causal_rows(s.encoder, s.x, s.groups, same, {}, depth),
                             s.encoder.rows(s.x, s.groups, {}, depth), 1e-4, 1e-5))
        << depth;
  EXPECT_EQ(causal_rows(s.encoder, at::zeros({0, 16}), nn::Ranges(), {}, {}).size(0), 0);
}

}  // namespace
}  // namespace asterism::models
