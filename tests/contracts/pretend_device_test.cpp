// The rules of the pretended device, so that what passes on it may hope to pass on a GPU.

#include "pretend_device.h"

#include <gtest/gtest.h>

#include "nn/device.h"
#include "nn/parameters.h"

namespace asterism::test {
namespace {

class PretendDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (nn::gpus() > 0) GTEST_SKIP() << "a process has one kind of accelerator: here it is a GPU";
  }
};

TEST_F(PretendDevice, ComputesWhatTheCpuComputes) {
  const auto a = at::randn({4, 6}), b = at::randn({6, 3});
  const auto there = a.to(pretend_device());
  EXPECT_EQ(there.device(), pretend_device());
  EXPECT_TRUE(at::equal(at::mm(there, b.to(pretend_device())).to(at::kCPU), at::mm(a, b)));
  auto part = there.slice(1, 2, 5).t();  // a view
  EXPECT_TRUE(part.is_alias_of(there));
  part.mul_(2);
  EXPECT_TRUE(at::equal(there.to(at::kCPU).slice(1, 2, 5), a.slice(1, 2, 5) * 2));
  EXPECT_EQ(at::ones({3}, there.options()).sum().item<float>(), 3);
}

TEST_F(PretendDevice, Convolves) {
  const auto x = at::randn({2, 3, 6, 6}), w = at::randn({4, 3, 3, 3}), b = at::randn({4});
  const auto run = [&](const at::Device& device) {
    auto weight = w.clone().to(device).set_requires_grad(true), bias = b.clone().to(device).set_requires_grad(true);
    const auto out = at::conv2d(x.to(device), weight, bias, 1, 1);
    out.square().sum().backward();
    return std::vector<at::Tensor>{out.detach().cpu(), weight.grad().cpu(), bias.grad().cpu()};
  };
  const auto here = run(at::kCPU), there = run(pretend_device());
  for (size_t i = 0; i < here.size(); ++i) EXPECT_TRUE(at::allclose(there[i], here[i], 1e-4, 1e-4)) << i;
}

TEST_F(PretendDevice, MakesRoomForAnswers) {
  const auto options = at::TensorOptions().device(pretend_device());
  EXPECT_TRUE(at::equal(at::arange(5, options).to(at::kCPU), at::arange(5)));
  EXPECT_EQ(at::arange(0, options).numel(), 0);
  EXPECT_EQ(at::ones({0, 3}, options).sum(0).to(at::kCPU).sum().item<float>(), 0);
}

TEST_F(PretendDevice, Differentiates) {
  const auto x = at::randn({5, 4}), w = at::randn({3, 4});
  auto here = w.clone().set_requires_grad(true), there = w.to(pretend_device()).set_requires_grad(true);
  at::gelu(at::linear(x, here)).pow(2).sum().backward();
  at::gelu(at::linear(x.to(pretend_device()), there)).pow(2).sum().backward();
  EXPECT_EQ(there.grad().device(), pretend_device());
  EXPECT_TRUE(at::allclose(there.grad().to(at::kCPU), here.grad()));
}

TEST_F(PretendDevice, ParametersMoveInPlace) {
  nn::Parameters parameters;
  const auto handle = parameters.add("w", at::ones({2, 3}));
  const auto table = parameters.add_buffer("table", at::ones({2}, at::kLong));
  const auto bins = parameters.add_statistic("bins", at::ones({2}));
  const auto places = parameters.add_constant(at::ones({2}));
  handle.sum().backward();
  EXPECT_EQ(parameters.device(), at::Device(at::kCPU));
  parameters.to(pretend_device());
  EXPECT_EQ(parameters.device(), pretend_device());
  EXPECT_EQ(handle.device(), pretend_device()) << "handles follow";
  EXPECT_EQ(table.device(), pretend_device());
  EXPECT_TRUE(bins.is_cpu());
  EXPECT_EQ(places.device(), pretend_device());
  EXPECT_EQ(parameters.all().size(), 3u) << "what a layer computes is not saved";
  EXPECT_TRUE(handle.requires_grad());
  EXPECT_FALSE(handle.grad().defined());
  handle.sum().backward();
  EXPECT_EQ(handle.grad().device(), pretend_device());
}

TEST_F(PretendDevice, RefusesToMix) {
  const auto there = at::ones({3}).to(pretend_device());
  EXPECT_ANY_THROW(there.add(at::ones({3})));
  EXPECT_ANY_THROW(at::index_select(there, 0, at::zeros({1}, at::kLong)));
  EXPECT_NO_THROW(there.add(at::scalar_tensor(2)));
}

TEST_F(PretendDevice, CountsWhatAProgramWaitsFor) {
  const auto x = at::arange(6, at::kFloat);
  traffic();
  const auto there = x.to(pretend_device()), again = x.to(pretend_device(), at::kFloat, true);
  const auto sum = (there + again).sum();
  auto seen = traffic();
  EXPECT_EQ(seen.to_device, 2);
  EXPECT_EQ(seen.blocking, 1);
  EXPECT_EQ(seen.to_cpu + seen.waits, 0);
  EXPECT_GE(seen.operators, 2);
  EXPECT_EQ(sum.item<float>(), 30);
  EXPECT_EQ(there.nonzero().size(0), 5);
  EXPECT_EQ(there.cpu().size(0), 6);
  seen = traffic();
  EXPECT_EQ(seen.waits, 2);
  EXPECT_EQ(seen.to_cpu, 1);
  EXPECT_EQ(there.index({there.gt(2)}).size(0), 3);
  EXPECT_GE(traffic().waits, 1) << "for how many there are";
  EXPECT_EQ(there.index({at::tensor({1, 2}, at::kLong)}).size(0), 2);
  EXPECT_GE(traffic().blocking, 1) << "of indices that lay on the CPU";
}

using PretendDeviceDeathTest = PretendDevice;

TEST_F(PretendDeviceDeathTest, ItsMemoryIsClosed) {
  const auto there = at::ones({3}).to(pretend_device());
  EXPECT_DEATH(EXPECT_EQ(*there.const_data_ptr<float>(), 1), "read through a pointer");
}

}  // namespace
}  // namespace asterism::test
