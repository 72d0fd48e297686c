#include "nn/quantise.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "gradient_check.h"
#include "nn/autocast.h"

namespace asterism::nn {
namespace {

const std::vector<Fsq::Form> kForms{Fsq::Form::tanh, Fsq::Form::symmetric, Fsq::Form::sigmoid};

TEST(Fsq, IsTheFormulaOfThePaper) {
  const std::vector<int64_t> levels{7, 5, 8};
  const Fsq fsq(levels);
  const auto z = test::random_input({200, 3}, false, "z", at::kFloat) * 2;
  const auto out = fsq(z);
  for (int64_t n = 0; n < z.size(0); ++n) {
    int64_t id = 0, basis = 1;
    for (int64_t i = 0; i < 3; ++i) {
      const double L = double(levels[size_t(i)]), half = (L - 1) * 1.001 / 2;
      const double offset = levels[size_t(i)] % 2 == 0 ? 0.5 : 0, shift = std::atanh(offset / half);
      const double q = std::nearbyint(std::tanh(z[n][i].item<float>() + shift) * half - offset);
      EXPECT_FLOAT_EQ(out.codes[n][i].item<float>(), float(q / std::floor(L / 2)));
      id += int64_t(q + std::floor(L / 2)) * basis;
      basis *= levels[size_t(i)];
    }
    EXPECT_EQ(out.ids[n].item<int64_t>(), id);
  }
  EXPECT_EQ(fsq.vocabulary(), 280);
}

TEST(Fsq, EveryIdGoesThereAndBack) {
  for (const auto form : kForms) {
    const Fsq fsq({4, 3, 5}, form);
    const auto ids = at::arange(fsq.vocabulary());
    EXPECT_TRUE(at::equal(fsq.ids(fsq.digits(ids)), ids));
    EXPECT_EQ(fsq.codes(ids).abs().max().item<double>(), 1);
  }
}

TEST(Fsq, EveryLevelIsReachedAndNoneBeyond) {
  for (const auto form : kForms) {
    const Fsq fsq({4, 5}, form);
    const auto line = at::linspace(-12, 12, 20001);
    const auto out = fsq(at::stack({line, line}, -1));
    const auto digits = fsq.digits(out.ids);
    EXPECT_EQ(digits.select(1, 0).min().item<int64_t>(), 0);
    EXPECT_EQ(digits.select(1, 0).max().item<int64_t>(), 3);
    EXPECT_EQ(digits.select(1, 1).max().item<int64_t>(), 4);
    EXPECT_TRUE((digits.narrow(0, 1, 20000) >= digits.narrow(0, 0, 20000)).all().item<bool>());
    const auto wild = at::tensor({HUGE_VALF, -HUGE_VALF, NAN, NAN}).view({2, 2});
    EXPECT_TRUE((fsq(wild).ids >= 0).all().item<bool>());
    EXPECT_TRUE((fsq(wild).ids < 20).all().item<bool>());
  }
}

TEST(Fsq, SigmoidFillsInnerLevelsEvenly) {
  const auto z = test::random_input({20000, 1}, false, "z", at::kFloat);
  const auto spread = [&](Fsq::Form form) {
    const auto count = at::bincount(Fsq({8}, form)(z).ids, {}, 8).narrow(0, 1, 6).to(at::kDouble);
    return (count.max() / count.min()).item<double>();
  };
  EXPECT_LT(spread(Fsq::Form::sigmoid), 1.15);
  EXPECT_GT(spread(Fsq::Form::symmetric), 1.15);
}

TEST(Fsq, GradientPassesStraightThrough) {
  for (const auto form : kForms) {
    const Fsq fsq({4, 5, 3}, form);
    const auto z = test::random_input({4, 3});
    test::expect_gradients([&] { return fsq.bounded(z); }, {{"z", z}});
    // the gradient of the quantised codes is that of the smooth function, whatever was rounded
    const auto weight = test::random_input({4, 3}, false, "w");
    z.mutable_grad().reset();
    (fsq.bounded(z) * weight).sum().backward();
    const auto smooth = z.grad().clone();
    z.mutable_grad().reset();
    (fsq(z).codes * weight).sum().backward();
    EXPECT_TRUE(at::allclose(z.grad(), smooth));
  }
}

TEST(Fsq, TrainingAndUseGiveTheSameCodes) {
  const Fsq fsq({7, 5, 5, 5, 5});
  const auto z = test::random_input({100, 5}, true, "z", at::kFloat);
  const auto out = fsq(z);
  EXPECT_TRUE(at::allclose(out.codes, fsq.codes(out.ids), 1e-6, 1e-6));
}

TEST(Fsq, StaysExactUnderAutocast) {
  const Fsq fsq({8, 8, 8, 6, 5});
  const auto z = test::random_input({4000, 5}, false, "z", at::kFloat) * 3;
  const auto exact = fsq(z).ids;
  const Autocast guard(Precision::bf16);
  EXPECT_TRUE(at::equal(fsq(z).ids, exact));
  EXPECT_LT(fsq(z.to(at::kBFloat16)).ids.max().item<int64_t>(), fsq.vocabulary());
  EXPECT_EQ(fsq(z.to(at::kBFloat16)).codes.scalar_type(), at::kFloat);
}

TEST(Fsq, RefusesWhatCannotBe) {
  EXPECT_THROW(Fsq(std::vector<int64_t>{}), base::UserError);
  EXPECT_THROW(Fsq({1, 5}), base::UserError);
  EXPECT_NO_THROW(Fsq({2, 5}, Fsq::Form::symmetric));
  EXPECT_NO_THROW(Fsq({2, 5}));
  EXPECT_THROW(Fsq({65536, 65536}), base::UserError);
  EXPECT_THROW(Fsq::form("tahn"), base::UserError);
  EXPECT_THROW(Fsq({3, 3}).codes(at::tensor({9}, at::kLong)), base::UserError);
}

LfqSettings bits(int64_t n) {
  LfqSettings s;
  s.bits = n;
  s.inverse_temperature = 0.7;  // soft enough for every term to matter
  return s;
}

TEST(Lfq, FirstBitIsMostSignificant) {
  const Lfq lfq(bits(3));
  const auto out = lfq(at::tensor({1.0f, -1.0f, 0.0f}).view({1, 3}));
  EXPECT_EQ(out.ids.item<int64_t>(), 4);
  EXPECT_TRUE(at::equal(out.codes, at::tensor({1.0f, -1.0f, -1.0f}).view({1, 3})));
  const auto all = at::arange(8);
  EXPECT_TRUE(at::equal(lfq(lfq.codes(all)).ids, all));
  EXPECT_THROW(lfq.codes(at::tensor({8}, at::kLong)), base::UserError);
}

// Both entropies over all 2^d codes, as the paper writes them.
double penalty_by_hand(const at::Tensor& z, const at::Tensor& w, const Lfq& lfq, const LfqSettings& s) {
  const auto codes = lfq.codes(at::arange(lfq.vocabulary())).to(at::kDouble);
  const auto p = at::softmax(2 * s.inverse_temperature * at::matmul(z, codes.t()), -1);
  const auto share = w / w.sum();
  const auto each = (-(p * p.log()).sum(-1) * share).sum().item<double>();
  const auto mean = (p * share.unsqueeze(1)).sum(0);
  const auto whole = -(mean * mean.log()).sum().item<double>();
  const auto commit = ((z - at::sign(z)).square().mean(-1) * share).sum().item<double>();
  return s.entropy * (each - s.diversity * whole) + s.commitment * commit;
}

TEST(Lfq, EntropiesAreThoseOverAllCodes) {
  const auto s = bits(5);
  const Lfq lfq(s);
  const auto z = test::random_input({6, 5}, true);
  const auto w = at::tensor({1.0, 1.0, 0.0, 2.0, 1.0, 0.5}, at::kDouble);
  EXPECT_NEAR(lfq.penalty(z, w).item<double>(), penalty_by_hand(z.detach(), w, lfq, s), 1e-10);
}

TEST(Lfq, GradientOfThePenalty) {
  const Lfq lfq(bits(4));
  const auto z = test::random_input({5, 4});
  test::expect_gradients([&] { return lfq.penalty(z); }, {{"z", z}}, 20);
}

TEST(Lfq, GradientPassesStraightThrough) {
  const Lfq lfq(bits(4));
  const auto z = test::random_input({5, 4});
  const auto w = test::random_input({5, 4}, false, "w");
  (lfq(z).codes * w).sum().backward();
  EXPECT_TRUE(at::allclose(z.grad(), w));
}

TEST(CodebookUse, CountsAndPerplexity) {
  const auto use = codebook_use(at::tensor({0, 0, 3, 3}, at::kLong), 4);
  EXPECT_NEAR(use.at("codes_used").item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(use.at("perplexity").item<double>(), 2, 1e-5);
}

TEST(Bsq, IsTheFormulaOfThePaper) {
  const Bsq bsq(bits(4));
  const auto z = test::random_input({50, 4}, false, "z", at::kFloat);
  const auto out = bsq(z);
  for (int64_t n = 0; n < 50; ++n) {
    int64_t id = 0;
    for (int64_t i = 0; i < 4; ++i) {
      const bool up = z[n][i].item<float>() > 0;
      id = 2 * id + up;
      EXPECT_FLOAT_EQ(out.codes[n][i].item<float>(), up ? 0.5f : -0.5f);
    }
    EXPECT_EQ(out.ids[n].item<int64_t>(), id);
  }
  EXPECT_TRUE(at::allclose(bsq.codes(out.ids), out.codes));
  // on the sphere, so that no code is farther than sqrt(2)
  EXPECT_NEAR(bsq.bounded(z * 100)[0].norm().item<double>(), 1, 1e-6);
  EXPECT_LT((bsq.bounded(z) - out.codes).norm(2, -1).max().item<double>(), std::sqrt(2.0));
}

TEST(Bsq, EntropyIsThatOfAllCodes) {
  const Bsq bsq(bits(3));
  const auto z = test::random_input({5, 3}, false);
  const auto u = z / z.norm(2, -1, true);
  // p(c|u) over all eight codes, from 2 tau u.c with c on the sphere
  const auto codes = bsq.codes(at::arange(8)).to(at::kDouble);
  const auto p = at::softmax(2 * 0.7 * u.mm(codes.t()), 1);
  const auto mean = p.mean(0);
  const double of_each = -(p * p.log()).sum(1).mean().item<double>(),
               of_all = -(mean * mean.log()).sum().item<double>();
  EXPECT_NEAR(bsq.penalty(z).item<double>(), 0.1 * (of_each - of_all), 1e-9);
}

TEST(Bsq, Gradients) {
  const Bsq bsq(bits(4));
  const auto z = test::random_input({6, 4});
  test::expect_gradients([&] { return bsq.penalty(z); }, {{"z", z}});
  test::expect_gradients([&] { return bsq.bounded(z); }, {{"z", z}});
}

}  // namespace
}  // namespace asterism::nn
