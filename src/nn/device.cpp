#include "nn/device.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/log.h"

namespace asterism::nn {
namespace {

bool has_driver() {
  return std::filesystem::exists("/dev/nvidiactl") || std::filesystem::exists("/dev/dxg");  // Linux; Windows' subsystem
}

// Why libtorch_cuda.so is not there; empty where it is. Its operators register themselves as it is loaded, which must
// be before anything else asks ATen whether it has a GPU: that answer is kept.
const std::string& why_not_loaded() {
  static const std::string why = [] {
    if (!has_driver()) return std::string("this machine has no driver of a GPU (no /dev/nvidiactl)");
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr) return std::string();
    const char* said = dlerror();
    return std::string(said != nullptr ? said : "libtorch_cuda.so cannot be loaded");
  }();
  return why;
}

[[maybe_unused]] const bool loaded_first = why_not_loaded().empty();

[[noreturn]] void refuse(const std::string& setting) {
  if (!why_not_loaded().empty())
    base::user_error(
        "device = {}: {}. GPUs need a driver and libtorch's CUDA libraries, which './run build' installs where the "
        "machine has a driver (ASTERISM_CUDA=1: anywhere); device = cpu works without.",
        setting, why_not_loaded());
  base::user_error(
      "device = {}: there are {} GPUs that the driver shows to this program (nvidia-smi lists them; "
      "CUDA_VISIBLE_DEVICES may hide some); device = cpu works without.",
      setting, gpus());
}

// Whoever has a card wants to know why it does nothing.
bool tell_of_an_idle_gpu() {
  if (has_driver() && !why_not_loaded().empty())
    base::log_warning(
        "this machine has a driver of GPUs, but {}: the CPU computes. './run build' installs what is missing; device = "
        "cpu says that it is meant so.",
        why_not_loaded());
  return true;
}

struct NoWarnings : c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

// By the interface that all versions of ATen have; newer ones advise another.
void allow_tf32(bool on) {
  NoWarnings none;
  const c10::WarningUtils::WarningHandlerGuard guard(&none);
  at::globalContext().setAllowTF32CuDNN(on);
  at::globalContext().setAllowTF32CuBLAS(on);
}

// ATen begins with convolutions in TF32.
void plain_fp32_at_first() {
  [[maybe_unused]] static const bool done = [] { return allow_tf32(false), true; }();
}

}  // namespace

int64_t gpus() {
  if (!why_not_loaded().empty()) return 0;
  return at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
}

at::Device choose_device(const std::string& setting) {
  if (setting == "cpu") return at::kCPU;
  if (setting == "auto" && gpus() == 0) {
    [[maybe_unused]] static const bool told = tell_of_an_idle_gpu();
    return at::kCPU;
  }
  if (setting == "auto") return choose_device("cuda");
  if (setting != "cuda" && !setting.starts_with("cuda:"))
    base::user_error("device = {}: choose cpu, cuda, cuda:1 (the second GPU) or auto", setting);
  const std::string digits = setting == "cuda" ? "0" : setting.substr(5);
  if (digits.empty() || digits.size() > 2 || digits.find_first_not_of("0123456789") != std::string::npos)
    base::user_error("device = {}: the number of a GPU follows the colon, as in cuda:1", setting);
  const int64_t index = std::stoll(digits);
  if (index >= gpus()) refuse(setting);
  plain_fp32_at_first();
  return {at::kCUDA, c10::DeviceIndex(index)};
}

void set_tf32(bool on) {
  plain_fp32_at_first();
  allow_tf32(on);
}

at::Tensor onto(const at::Device& device, const at::Tensor& x) {
  // from memory that may be paged out, a copy waits for all that the GPU was asked for before
  const bool pin = device.is_cuda() && x.is_cpu() && x.numel() > 1 && !x.requires_grad();
  if (pin && !x.is_contiguous())
    return at::empty(x.sizes(), x.options().pinned_memory(true)).copy_(x).to(device, /*non_blocking=*/true);
  return (pin ? x.pin_memory() : x).to(device, x.scalar_type(), /*non_blocking=*/!device.is_cpu(), /*copy=*/false);
}

std::vector<at::Tensor> onto(const at::Device& device, const std::vector<at::Tensor>& vectors) {
  if (device.is_cpu() || vectors.size() < 2) {
    std::vector<at::Tensor> out;
    out.reserve(vectors.size());
    for (const auto& x : vectors) out.push_back(onto(device, x));
    return out;
  }
  std::vector<int64_t> sizes;
  sizes.reserve(vectors.size());
  for (const auto& x : vectors) sizes.push_back(x.size(0));
  return onto(device, at::cat(vectors)).split_with_sizes(sizes);
}

at::Tensor onto(const at::Device& device, const std::vector<int64_t>& values) {
  const auto here = at::from_blob(const_cast<int64_t*>(values.data()), {int64_t(values.size())}, at::kLong);
  return device.is_cpu() ? here.clone() : onto(device, here);
}

at::Generator generator_on(const at::Device& device, uint64_t seed) {
  if (!device.is_cuda()) return at::detail::createCPUGenerator(seed);
  auto generator = at::detail::getCUDAHooks().getNewGenerator(device.index());
  generator.set_current_seed(seed);
  return generator;
}

void synchronise(const at::Device& device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

std::string describe(const at::Device& device) {
  if (!device.is_cuda()) return device.str();
  std::error_code error;
  for (const auto& folder : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    std::ifstream file(folder.path() / "information");
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("Model:"))
        return fmt::format("{} ({})", device.str(), line.substr(line.find_first_not_of(" \t", 6)));
  }
  return device.str();
}

}  // namespace asterism::nn
