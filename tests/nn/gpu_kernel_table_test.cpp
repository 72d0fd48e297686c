#include "nn/gpu_kernel_table.h"

#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

const char* const kNames[] = {"depthwise_norm", "gelu_squares",       "response",           "scale_shift",
                              "bias_elu",       "bias_elu_key",       "weighted_sums",      "gated_sum",
                              "norm_rows",      "add_norm",           "norm_rows_backward", "gate_rows",
                              "place_rows",     "gate_rows_backward", "sum_of_rows",        "gelu_rows_backward"};

TEST(GpuKernelTable, HoldsTheTextOfEach) {
  for (const std::string name : kNames)
    EXPECT_NE(gpu_source_of(name).find("__global__ void " + name + "("), std::string::npos) << name;
}

// Needs the compiler, and no GPU.
TEST(GpuKernelTable, EachCompiles) {
  for (const std::string name : kNames)
    for (const std::string in : {"float", "unsigned short"}) {
      std::string log;
      const auto code =
          compile_for_gpu(gpu_source_of(name),
                          {"WIDTH=768", "IN=" + in, "OUT=unsigned short", "HAS_GAIN=1", "HAS_BIAS=1"}, "sm_90", log);
      if (log == "there is no NVRTC") GTEST_SKIP() << log;
      EXPECT_FALSE(code.empty()) << name << ": " << log;
    }
}

TEST(GpuKernelTable, NamesNumbersAndNoTensor) {
  EXPECT_EQ(gpu_name(at::kBFloat16), "unsigned short");
  EXPECT_EQ(gpu_name(at::kFloat), "float");
  EXPECT_EQ(gpu_address({}), nullptr);
}

}  // namespace
}  // namespace asterism::nn
