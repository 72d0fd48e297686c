#include "nn/losses.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <cmath>
#include <cstdio>
#include <functional>

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Losses, WeightedMeanIgnoresWhatCountsNothing) {
  const auto x = at::tensor({1.0, NAN, 4.0}, at::kDouble), w = at::tensor({1.0, 0.0, 2.0}, at::kDouble);
  EXPECT_NEAR(weighted_mean(x, w).item<double>(), 3, 1e-12);
  EXPECT_EQ(weighted_mean(x, at::zeros({3})).item<double>(), 0);
  EXPECT_EQ(weighted_mean(at::ones({2, 3}), at::ones({2, 1})).item<double>(), 1);
}

TEST(Losses, CrossEntropies) {
  const auto logits = test::random_input({4, 6}, false, "l", at::kFloat);
  const auto target = at::tensor({0, 5, 2, 2}, at::kLong);
  const double by_hand = -at::log_softmax(logits, -1).gather(1, target.unsqueeze(1)).mean().item<double>();
  EXPECT_NEAR(cross_entropy(logits, target).item<double>(), by_hand, 1e-6);
  EXPECT_NEAR(soft_cross_entropy(logits, at::one_hot(target, 6)).item<double>(), by_hand, 1e-6);
  EXPECT_NEAR(cross_entropy(logits, target, at::tensor({0.0f, 1.0f, 0.0f, 0.0f})).item<double>(),
              -at::log_softmax(logits, -1)[1][5].item<double>(), 1e-6);
}

// The largest number of bytes that tensors of this thread held at once since it was made, beyond what they held then.
class PeakBytes : public c10::MemoryReportingInfoBase {
 public:
  bool memoryProfilingEnabled() const override { return true; }
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    held_ += bytes;
    peak_ = std::max(peak_, held_);
  }
  int64_t peak() const { return peak_; }

 private:
  int64_t held_ = 0, peak_ = 0;
};

int64_t peak_bytes_of(const std::function<void()>& work) {
  const auto meter = std::make_shared<PeakBytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, meter);
  work();
  return meter->peak();
}

// 4,096 rows of 4,375 codes are 72 MB of logits in fp32; the chunked loss holds three matrices of one chunk.
TEST(Losses, ChunksKeepTheLogitsOutOfMemory) {
  const int64_t rows = 4096, codes = 4375, width = 8, chunk = 128;
  const auto h = test::random_input({rows, width}, true, "h", at::kFloat),
             w = test::random_input({codes, width}, true, "w", at::kFloat);
  const auto target = at::arange(rows, at::kLong).remainder(codes);
  const int64_t logits = rows * codes * 4;
  const auto whole = peak_bytes_of([&] { cross_entropy(at::linear(h, w), target).backward(); });
  for (const auto& x : {h, w}) x.mutable_grad().reset();
  const auto chunked = peak_bytes_of([&] { linear_cross_entropy(h, w, {}, target, {}, chunk).backward(); });
  for (const auto& x : {h, w}) x.mutable_grad().reset();
  const auto soft = peak_bytes_of([&] {
    linear_soft_cross_entropy(
        h, w, {},
        [&](int64_t, int64_t n) {
          return at::full({n, codes}, 1.0 / double(codes));
        },
        chunk)
        .backward();
  });
  std::printf("peak of loss and gradient: %.1f MB whole, %.1f MB in chunks of %d, %.1f MB with soft targets\n",
              double(whole) / 1e6, double(chunked) / 1e6, int(chunk), double(soft) / 1e6);
  EXPECT_GT(whole, 2 * logits) << "the meter does not measure";
  EXPECT_LT(chunked, logits / 6);
  EXPECT_LT(soft, logits / 5);
}

TEST(Losses, SoftTargetsAreTheSameInChunks) {
  const auto h = test::random_input({7, 4}, true, "h"), w = test::random_input({9, 4}, true, "w"),
             b = test::random_input({9}, true, "b");
  const auto target = at::softmax(test::random_input({7, 9}, false, "t"), 1);
  const auto whole = soft_cross_entropy(at::linear(h, w, b), target);
  whole.backward();
  std::vector<at::Tensor> expected;
  for (const auto& x : {h, w, b}) {
    expected.push_back(x.grad().clone());
    x.mutable_grad().reset();
  }
  for (const int64_t chunk : {1, 3, 100}) {
    const auto chunked = linear_soft_cross_entropy(
        h, w, b, [&](int64_t start, int64_t rows) { return target.narrow(0, start, rows); }, chunk);
    EXPECT_NEAR(chunked.item<double>(), whole.item<double>(), 1e-12);
    chunked.backward();
    size_t i = 0;
    for (const auto& x : {h, w, b}) {
      EXPECT_TRUE(at::allclose(x.grad(), expected[i++], 1e-12, 1e-12)) << chunk;
      x.mutable_grad().reset();
    }
  }
}

TEST(Losses, LinearCrossEntropyIsTheSameInChunks) {
  for (const bool has_bias : {false, true}) {
    const auto h = test::random_input({7, 4}, true, "h"), w = test::random_input({9, 4}, true, "w"),
               b = test::random_input({9}, true, "b");
    const auto target = at::tensor({0, 8, 3, 3, 1, 2, 7}, at::kLong);
    const auto weight = at::tensor({1.0, 2.0, 0.0, 1.0, 0.5, 1.0, 1.0}, at::kDouble);
    const auto bias = has_bias ? b : at::Tensor();
    const auto whole = cross_entropy(at::linear(h, w, bias), target, weight);
    whole.backward();
    const auto grad_h = h.grad().clone(), grad_w = w.grad().clone();
    const auto grad_b = has_bias ? b.grad().clone() : at::Tensor();
    for (const auto& x : {h, w, b}) x.mutable_grad().reset();
    const auto chunked = linear_cross_entropy(h, w, bias, target, weight, 3);
    EXPECT_NEAR(chunked.item<double>(), whole.item<double>(), 1e-12);
    (chunked * 1.0).backward();
    EXPECT_TRUE(at::allclose(h.grad(), grad_h, 1e-10, 1e-12));
    EXPECT_TRUE(at::allclose(w.grad(), grad_w, 1e-10, 1e-12));
    if (has_bias) {
      EXPECT_TRUE(at::allclose(b.grad(), grad_b, 1e-10, 1e-12));
    }
    at::NoGradGuard no_grad;
    EXPECT_NEAR(linear_cross_entropy(h, w, bias, target, weight, 3).item<double>(), whole.item<double>(), 1e-12);
  }
}

TEST(Losses, HuberIsQuadraticThenLinear) {
  const auto y = huber(at::tensor({0.5, -3.0, 2.0}, at::kDouble), 2);
  EXPECT_NEAR(y[0].item<double>(), 0.125, 1e-12);
  EXPECT_NEAR(y[1].item<double>(), 2 * (3 - 1), 1e-12);
  EXPECT_NEAR(y[2].item<double>(), 2, 1e-12);
  EXPECT_NEAR(huber(at::tensor({-3.0}, at::kDouble), 0).item<double>(), 4.5, 1e-12);
  const auto x = test::random_input({9});
  test::expect_gradients([&] { return huber(x * 3, 1.3); }, {{"x", x}}, 9);
}

}  // namespace
}  // namespace asterism::nn
