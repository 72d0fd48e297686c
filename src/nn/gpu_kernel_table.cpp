#include "nn/gpu_kernel_table.h"

namespace asterism::nn {
namespace {

struct Source {
  const char *name, *code;
};
constexpr Source kSources[] = {
#define ASTERISM_GPU_SOURCE(name, ...) {#name, #__VA_ARGS__},
#include "nn/gpu_source.h"
// after what is common
#include "nn/gpu_rows_source.h"
#include "nn/gpu_stream_source.h"
#undef ASTERISM_GPU_SOURCE
};

}  // namespace

std::string gpu_source_of(const std::string& name) {
  std::string out = kSources[0].code;
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
