#include "nn/gpu_module.h"

#include <gtest/gtest.h>

#include "nn/device.h"

namespace asterism::nn {
namespace {

constexpr char kDouble[] = R"(
extern "C" __global__ void twice(NUMBER* x, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= 2;
})";

std::string double_it(const std::string&) { return kDouble; }

TEST(GpuKernel, IsNoneOnACpu) {
  EXPECT_FALSE(GpuKernel::of(double_it, "twice", {"NUMBER=float"}, at::kCPU));
  EXPECT_FALSE(GpuKernel());
}

TEST(CompileForGpu, SaysWhatIsWrong) {
  std::string log;
  if (compile_for_gpu(kDouble, {"NUMBER=float"}, "sm_90", log).empty()) GTEST_SKIP() << log;
  EXPECT_TRUE(compile_for_gpu(kDouble, {"NUMBER=banana"}, "sm_90", log).empty());
  EXPECT_NE(log.find("banana"), std::string::npos) << log;
}

TEST(GpuKernel, RunsOnAGpu) {
  if (gpus() == 0) GTEST_SKIP() << "no GPU";
  const auto device = choose_device("cuda");
  const auto kernel = GpuKernel::of(double_it, "twice", {"NUMBER=float"}, device);
  ASSERT_TRUE(kernel);
  const auto x = at::arange(1000, at::TensorOptions(device).dtype(at::kFloat));
  void* data = x.data_ptr();
  int n = 1000;
  kernel.launch({4, 1, 1}, 256, {&data, &n});
  EXPECT_TRUE(at::equal(x.to(at::kCPU), at::arange(1000, at::kFloat) * 2));
}

}  // namespace
}  // namespace asterism::nn
