#include "nn/gpu_kernel_table.h"

namespace asterism::nn {
namespace {

struct Source {
  const char *name, *code;
};
constexpr Source kSources[] = {
#define ASTERISM_GPU_SOURCE(name, ...) {#name, #__VA_ARGS__},
#include "nn/gpu_common_source.h"
// after what is common
#include "nn/gpu_norm_source.h"
#include "nn/gpu_rows_source.h"
#include "nn/gpu_source.h"
#include "nn/gpu_stream_source.h"
#include "nn/gpu_sums_source.h"
#undef ASTERISM_GPU_SOURCE
};

// What a GPU has instructions for, and the test of the kernels its own.
constexpr const char* kInstructions = R"(
__device__ inline unsigned int pair(float a, float b) {
  unsigned int out;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(out) : "f"(b), "f"(a));
  return out;
}
__device__ inline float quick_exp(float x) { return __expf(x); }
__device__ inline float quick_inverse(float x) { return __fdividef(1.0f, x); }
)";

}  // namespace

std::string gpu_source_of(const std::string& name) {
  std::string out = std::string(kInstructions) + kSources[0].code;
  for (const auto& source : kSources)
    if (name == source.name) out += std::string("\n") + source.code;
  return out;
}

GpuKernel gpu_kernel(const char* name, const at::Device& device, const std::vector<std::string>& definitions) {
  return GpuKernel::of(gpu_source_of, name, definitions, device);
}

std::string gpu_name(at::ScalarType type) { return type == at::kBFloat16 ? "unsigned short" : "float"; }

void* gpu_address(const at::Tensor& x) { return x.defined() ? x.data_ptr() : nullptr; }

}  // namespace asterism::nn
