#pragma once
// Kernels of our own on a GPU, compiled from text when they are first needed: by NVRTC, which comes with
// libtorch_cuda.so, so that nothing of CUDA is needed to build.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace asterism::nn {

// Blocks of a launch.
struct GpuGrid {
  int64_t x = 1, y = 1, z = 1;
};

// A kernel of a text, with names that stand in it for something ("WIDTH=64").
class GpuKernel {
 public:
  GpuKernel() = default;
  // Compiled once for each device, kernel and definitions. Where that cannot be (no NVRTC, another stream than the
  // default one, ASTERISM_GPU_KERNELS=0) it is none; the log says why, once.
  // source: the text in which the kernel of a name is.
  static GpuKernel of(const std::function<std::string(const std::string& name)>& source, const std::string& name,
                      const std::vector<std::string>& definitions, const at::Device& device);
  explicit operator bool() const { return function_ != nullptr; }

  // arguments: the address of each, as cuLaunchKernel wants them; in turn with what ATen was asked for before.
  // UserError with CUDA's number where it refuses.
  void launch(const GpuGrid& blocks, int64_t threads, std::vector<void*> arguments) const;

 private:
  void* function_ = nullptr;
  std::string name_;
};

// What NVRTC makes of a text for an architecture ("sm_90"): the machine's code; or empty, and why in `log`.
std::string compile_for_gpu(const std::string& source, const std::vector<std::string>& definitions,
                            const std::string& architecture, std::string& log);

}  // namespace asterism::nn
