#include "nn/gpu_module.h"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/log.h"

namespace asterism::nn {
namespace {

constexpr int kMajor = 75, kMinor = 76;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_...

// The compiler's and the driver's functions, by the names and types of nvrtc.h and cuda.h; null: not to be had.
struct Library {
  int (*create)(void**, const char*, const char*, int, const char* const*, const char* const*) = nullptr;
  int (*compile)(void*, int, const char* const*) = nullptr;
  int (*log_size)(void*, size_t*) = nullptr;
  int (*log)(void*, char*) = nullptr;
  int (*code_size)(void*, size_t*) = nullptr;
  int (*code)(void*, char*) = nullptr;
  int (*destroy)(void**) = nullptr;
  int (*attribute)(int*, int, int) = nullptr;
  int (*load)(void**, const void*) = nullptr;
  int (*function)(void**, void*, const char*) = nullptr;
  int (*launch)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**,
                void**) = nullptr;
};

// Of a library or of those that it needs.
template <class F>
void take(F& function, void* library, const char* name) {
  function = reinterpret_cast<F>(dlsym(library, name));
}

const Library& library() {
  static const Library loaded = [] {
    Library out;
    void* both = dlopen("libcaffe2_nvrtc.so", RTLD_NOW | RTLD_GLOBAL);  // with libtorch; needs compiler and driver
    if (both == nullptr) both = dlopen("libnvrtc.so.13", RTLD_NOW | RTLD_GLOBAL);  // compiles, and runs nothing
    if (both == nullptr) return out;
    take(out.create, both, "nvrtcCreateProgram");
    take(out.compile, both, "nvrtcCompileProgram");
    take(out.log_size, both, "nvrtcGetProgramLogSize");
    take(out.log, both, "nvrtcGetProgramLog");
    take(out.code_size, both, "nvrtcGetCUBINSize");
    take(out.code, both, "nvrtcGetCUBIN");
    take(out.destroy, both, "nvrtcDestroyProgram");
    take(out.attribute, both, "cuDeviceGetAttribute");
    take(out.load, both, "cuModuleLoadData");
    take(out.function, both, "cuModuleGetFunction");
    take(out.launch, both, "cuLaunchKernel");
    return out;
  }();
  return loaded;
}

bool can_compile(const Library& l) {
  return l.create && l.compile && l.log_size && l.log && l.code_size && l.code && l.destroy;
}

bool switched_off() {
  static const bool off = [] {
    const char* value = std::getenv("ASTERISM_GPU_KERNELS");
    return value != nullptr && std::string(value) == "0";
  }();
  return off;
}

void* function_of(const std::string& source, const std::string& name, const std::vector<std::string>& definitions,
                  const at::Device& device, std::string& why) {
  at::zeros({1}, at::TensorOptions(device));  // the driver has a context from now on
  const auto& l = library();
  if (switched_off()) return why = "ASTERISM_GPU_KERNELS=0", nullptr;
  if (!can_compile(l) || !l.attribute || !l.load || !l.function || !l.launch)
    return why = "libcaffe2_nvrtc.so, of torch's wheel, or what it needs is not to be had", nullptr;
  int major = 0, minor = 0;
  if (l.attribute(&major, kMajor, device.index()) != 0 || l.attribute(&minor, kMinor, device.index()) != 0)
    return why = "the driver does not say what the GPU is", nullptr;
  const auto code = compile_for_gpu(source, definitions, fmt::format("sm_{}{}", major, minor), why);
  if (code.empty()) return nullptr;
  void *module = nullptr, *function = nullptr;
  if (const int error = l.load(&module, code.data()); error != 0)
    return why = fmt::format("CUDA error {} as it was loaded", error), nullptr;
  if (const int error = l.function(&function, module, name.c_str()); error != 0)
    return why = fmt::format("CUDA error {} as it was looked for", error), nullptr;
  return function;
}

}  // namespace

std::string compile_for_gpu(const std::string& source, const std::vector<std::string>& definitions,
                            const std::string& architecture, std::string& log) {
  const auto& l = library();
  if (!can_compile(l)) return log = "there is no NVRTC", std::string();
  void* program = nullptr;
  if (l.create(&program, source.c_str(), "asterism.cu", 0, nullptr, nullptr) != 0)
    return log = "no program", std::string();
  std::vector<std::string> words{"--gpu-architecture=" + architecture, "--std=c++17"};
  for (const auto& definition : definitions) words.push_back("-D" + definition);
  std::vector<const char*> options;
  options.reserve(words.size());
  for (const auto& word : words) options.push_back(word.c_str());
  const int error = l.compile(program, int(options.size()), options.data());
  size_t size = 0;
  l.log_size(program, &size);
  log.assign(size, '\0');
  if (size > 0) l.log(program, log.data());
  std::string code;
  if (error == 0 && l.code_size(program, &size) == 0) {
    code.assign(size, '\0');
    l.code(program, code.data());
  }
  l.destroy(&program);
  return code;
}

GpuKernel GpuKernel::of(const std::function<std::string(const std::string&)>& source, const std::string& name,
                        const std::vector<std::string>& definitions, const at::Device& device) {
  GpuKernel out;
  out.name_ = name;
  // launches go to the default stream, whose handle is null
  if (!device.is_cuda() || c10::impl::VirtualGuardImpl(device.type()).getStream(device).id() != 0) return out;
  static std::mutex mutex;
  static std::map<std::string, void*> known;
  const std::scoped_lock lock(mutex);
  std::string key = name;  // put together by hand: each layer of a step asks several times
  for (const auto& definition : definitions) (key += ' ') += definition;
  (key += ' ') += std::to_string(device.index());
  const auto found = known.find(key);
  if (found != known.end()) {
    out.function_ = found->second;
    return out;
  }
  std::string why;
  const c10::DeviceGuard guard(device);
  out.function_ = known[key] = function_of(source(name), name, definitions, device, why);
  if (out.function_ == nullptr)
    base::log_at(base::LogLevel::warning, "the GPU computes '{}' by slower operators: {}", name, why);
  return out;
}

void GpuKernel::launch(const GpuGrid& blocks, int64_t threads, std::vector<void*> arguments) const {
  ASTERISM_CHECK(function_ != nullptr, "'{}' is no kernel", name_);
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  const int error = library().launch(function_, unsigned(blocks.x), unsigned(blocks.y), unsigned(blocks.z),
                                     unsigned(threads), 1, 1, 0, nullptr, arguments.data(), nullptr);
  if (error != 0)
    base::user_error("the GPU refused '{}' with CUDA error {}; ASTERISM_GPU_KERNELS=0 computes without it", name_,
                     error);
}

}  // namespace asterism::nn
