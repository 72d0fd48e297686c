#include "pretend_device.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <c10/core/impl/FakeGuardImpl.h>
#include <sys/mman.h>
#include <torch/library.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "base/error.h"
#include "nn/device.h"

namespace asterism::test {
namespace {

// A kind of device that ATen has operators' keys and gradients for, but nothing that computes.
constexpr auto kPretend = c10::DeviceType::HPU;

// --- memory that is closed unless an operator runs
// --------------------------------------------------------------------

size_t pages(size_t bytes) {
  const auto page = size_t(getpagesize());
  return std::max<size_t>(1, (bytes + page - 1) / page) * page;
}

// All that was given out, and how many operators are reading each.
class Memory {
 public:
  void* take(size_t bytes) {
    void* at = mmap(nullptr, pages(bytes), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASTERISM_CHECK(at != MAP_FAILED, "no memory for the pretended device");
    const std::scoped_lock lock(mutex_);
    held_[at] = {pages(bytes), 0};
    return at;
  }
  void give_back(void* at) {
    const std::scoped_lock lock(mutex_);
    munmap(at, held_.at(at).bytes);
    held_.erase(at);
  }
  void open(void* at, int by) {
    const std::scoped_lock lock(mutex_);
    const auto found = held_.find(at);
    if (found == held_.end()) return;  // of an empty tensor
    auto& readers = found->second.readers;
    if (readers == 0) mprotect(at, found->second.bytes, PROT_READ | PROT_WRITE);
    readers += by;
    if (readers == 0) mprotect(at, found->second.bytes, PROT_NONE);
  }
  bool has(const void* address) {
    auto next = held_.upper_bound(const_cast<void*>(address));
    if (next == held_.begin()) return false;
    --next;
    return static_cast<const char*>(address) < static_cast<const char*>(next->first) + next->second.bytes;
  }

 private:
  struct Held {
    size_t bytes;
    int readers;
  };
  std::mutex mutex_;
  std::map<void*, Held> held_;
};

Memory& memory() {
  static auto* all = new Memory;  // outlives every tensor
  return *all;
}

void say_and_stop(int, siginfo_t* info, void*) {
  if (memory().has(info->si_addr)) {
    constexpr char what[] = "The memory of the pretended device was read through a pointer: on a GPU it cannot be.\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, what, sizeof what - 1);
  }
  std::signal(SIGSEGV, SIG_DFL);  // the instruction is run again, and ends the program
}

struct Allocator final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* at = memory().take(bytes);
    return {at, at, &give_back, c10::Device(kPretend, 0)};
  }
  static void give_back(void* at) { memory().give_back(at); }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    memory().open(to, 1);
    memory().open(const_cast<void*>(from), 1);
    std::memcpy(to, from, bytes);
    memory().open(const_cast<void*>(from), -1);
    memory().open(to, -1);
  }
};

Allocator* allocator() {
  static auto* one = new Allocator;
  return one;
}

// --- what was asked of it
// ---------------------------------------------------------------------------------------------

struct Counters {
  std::atomic<int64_t> operators = 0, to_device = 0, to_cpu = 0, waits = 0, blocking = 0;
};

Counters& counters() {
  static Counters all;
  return all;
}

bool makes_wait(const std::string& name) {
  static const std::set<std::string> known = {
      "aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique2",
      "aten::unique_dim",          "aten::equal",   "aten::is_nonzero",    "aten::bincount",
      "aten::unique_consecutive"};
  return known.contains(name);
}

// --- operators: the CPU's, on the same memory
// -------------------------------------------------------------------------

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, at::ScalarType type) {
  return at::detail::empty_strided_generic(size, stride, allocator(), c10::DispatchKeySet(c10::DispatchKey::HPU), type);
}

// Open for as long as an operator runs, and which tensor stands for which.
class Opened {
 public:
  ~Opened() {
    for (void* at : open_) memory().open(at, -1);
  }
  // The CPU's view of a tensor of ours.
  at::Tensor on_cpu(const at::Tensor& tensor) {
    if (tensor.storage().nbytes() == 0) {  // an operator may make room in it
      seen_.emplace_back(at::empty(tensor.sizes(), tensor.scalar_type()), tensor);
      return seen_.back().first;
    }
    void* base = tensor.storage().mutable_data();
    memory().open(base, 1);
    open_.push_back(base);
    auto found = storages_.find(tensor.storage().unsafeGetStorageImpl());
    if (found == storages_.end()) {
      const auto bytes = int64_t(tensor.storage().nbytes());
      found = storages_.emplace(tensor.storage().unsafeGetStorageImpl(), at::from_blob(base, {bytes}, at::kByte)).first;
      ours_[found->second.storage().unsafeGetStorageImpl()] = tensor;
    }
    auto view = at::empty({0}, tensor.scalar_type());
    view.set_(found->second.storage(), tensor.storage_offset(), tensor.sizes(), tensor.strides());
    seen_.emplace_back(view, tensor);
    return view;
  }
  // What an operator gave back: one of its arguments, a view of one, or something new.
  at::Tensor on_device(const at::Tensor& out) {
    if (!out.defined()) return out;
    for (size_t i = 0; i < seen_.size(); ++i) {
      const auto [view, tensor] = seen_[i];
      if (!view.is_same(out)) continue;
      if (tensor.storage().nbytes() == 0 && out.numel() > 0)
        fill(tensor, out);
      else if (view.sizes() != tensor.sizes() || view.strides() != tensor.strides())
        tensor.unsafeGetTensorImpl()->set_sizes_and_strides(view.sizes(), view.strides());
      return tensor;
    }
    const auto base = ours_.find(out.storage().unsafeGetStorageImpl());
    if (base != ours_.end()) {
      auto view = at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(base->second.storage()),
                                                           base->second.key_set(), out.dtype());
      view.unsafeGetTensorImpl()->set_sizes_and_strides(out.sizes(), out.strides(), out.storage_offset());
      return view;
    }
    return made_of(out);
  }

 private:
  at::Tensor made_of(const at::Tensor& out) {
    auto made = empty_strided(out.sizes(), out.strides(), out.scalar_type());
    if (made.storage().nbytes() > 0) on_cpu(made).copy_(out);
    return made;
  }
  // A tensor of ours that was empty gets what was made for it.
  void fill(const at::Tensor& tensor, const at::Tensor& out) {
    const auto made = made_of(out);
    tensor.unsafeGetTensorImpl()->set_storage_keep_dtype(made.storage());
    tensor.unsafeGetTensorImpl()->set_sizes_and_strides(made.sizes(), made.strides());
  }

  std::vector<void*> open_;
  std::map<c10::StorageImpl*, at::Tensor> storages_;  // ours -> the CPU's
  std::map<c10::StorageImpl*, at::Tensor> ours_;      // the CPU's -> one of ours
  std::vector<std::pair<at::Tensor, at::Tensor>> seen_;
};

bool is_ours(const at::Tensor& tensor) { return tensor.device().type() == kPretend; }

// A GPU's indexing takes indices of the CPU; any operator takes a number for a tensor.
void check_place(const c10::OperatorHandle& op, const at::Tensor& tensor, size_t argument) {
  const auto& name = op.schema().name();
  const bool any_index = name.find("index") != std::string::npos && tensor.scalar_type() != at::kFloat;
  if (tensor.dim() == 0 || is_ours(tensor) || (any_index && name != "aten::index_select")) return;
  base::user_error("{} got argument {} on {} and others on {}", c10::toString(op.operator_name()), argument,
                   tensor.device().str(), pretend_device().str());
}

// Applies `change` to every tensor in a value.
void replace(c10::IValue& value, const std::function<at::Tensor(const at::Tensor&)>& change) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) value = change(value.toTensor());
  } else if (value.isTensorList()) {
    c10::List<at::Tensor> out;
    for (const at::Tensor& tensor : value.toTensorVector()) out.push_back(change(tensor));
    value = out;
  } else if (value.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> out;
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorList())
      out.push_back(tensor && tensor->defined() ? std::optional(change(*tensor)) : tensor);
    value = out;
  } else if (value.isDevice()) {
    value = c10::Device(c10::kCPU);
  }
}

// A GPU's indexing looks for the rows of flags, and fetches indices that lie on the CPU.
void count_indices(const c10::IValue& value) {
  for (const std::optional<at::Tensor>& index : value.toOptionalTensorList()) {
    if (!index || !index->defined()) continue;
    counters().waits += index->scalar_type() == at::kBool || index->scalar_type() == at::kByte;
    counters().to_device += !is_ours(*index);
    counters().blocking += !is_ours(*index);
  }
}

void count(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  ++counters().operators;
  counters().waits += makes_wait(op.schema().name());
  const auto arguments = op.schema().arguments().size();
  for (size_t i = 0; i < arguments; ++i) {
    const auto& value = stack.at(stack.size() - arguments + i);
    if (value.isOptionalTensorList()) count_indices(value);
  }
}

void on_the_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  Opened opened;
  count(op, *stack);
  const auto arguments = op.schema().arguments().size();
  for (size_t i = 0; i < arguments; ++i)
    replace(stack->at(stack->size() - arguments + i), [&](const at::Tensor& tensor) {
      check_place(op, tensor, i);
      return is_ours(tensor) ? opened.on_cpu(tensor) : tensor;
    });
  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  const auto returns = op.schema().returns().size();
  for (size_t i = 0; i < returns; ++i)
    replace(stack->at(stack->size() - returns + i), [&](const at::Tensor& out) { return opened.on_device(out); });
}

at::Tensor make_empty(at::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                      std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, allocator(), c10::DispatchKeySet(c10::DispatchKey::HPU),
                                   type.value_or(at::kFloat), format);
}

at::Tensor make_empty_strided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> type,
                              std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return empty_strided(size, stride, type.value_or(at::kFloat));
}

// The one operator that may see both sides.
at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  Opened opened;
  if (is_ours(to) != is_ours(from)) ++(is_ours(to) ? counters().to_device : counters().to_cpu);
  counters().blocking += is_ours(to) && !is_ours(from) && !non_blocking;
  (is_ours(to) ? opened.on_cpu(to) : to).copy_(is_ours(from) ? opened.on_cpu(from) : from);
  return to;
}

// Convolutions of devices that ATen has no kernel for come here.
at::Tensor convolved(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                     at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                     at::IntArrayRef output_padding, int64_t groups) {
  Opened opened;
  std::optional<at::Tensor> own_bias;
  if (bias && bias->defined()) own_bias = opened.on_cpu(*bias);
  return opened.on_device(at::convolution(opened.on_cpu(x), opened.on_cpu(weight), own_bias, stride, padding, dilation,
                                          transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolved_backward(const at::Tensor& gradient, const at::Tensor& x,
                                                                  const at::Tensor& weight, at::IntArrayRef stride,
                                                                  at::IntArrayRef padding, at::IntArrayRef dilation,
                                                                  bool transposed, at::IntArrayRef output_padding,
                                                                  int64_t groups, std::array<bool, 3> wanted) {
  Opened opened;
  const std::vector<int64_t> bias_size{transposed ? weight.size(1) * groups : weight.size(0)};
  const auto [of_x, of_weight, of_bias] =
      at::convolution_backward(opened.on_cpu(gradient), opened.on_cpu(x), opened.on_cpu(weight), bias_size, stride,
                               padding, dilation, transposed, output_padding, groups, wanted);
  return {opened.on_device(of_x), opened.on_device(of_weight), opened.on_device(of_bias)};
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
  Guard() = default;
  explicit Guard(c10::DeviceType) {}
  c10::DeviceType type() const override { return kPretend; }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Device getDevice() const override { return {kPretend, 0}; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const noexcept override {
    return c10::Stream(c10::Stream::UNSAFE, device, 0);
  }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};

std::atomic<bool> is_there = false;  // ATen has one kind of accelerator a process: none is announced beside a GPU

struct Hooks final : at::HPUHooksInterface {
  explicit Hooks(at::HPUHooksArgs) {}
  void init() const override {}
  bool isBuilt() const override { return is_there; }
  bool isAvailable() const override { return is_there; }
  bool hasHPU() const override { return is_there; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return is_there; }
  c10::DeviceIndex deviceCount() const override { return is_there ? 1 : 0; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex) const override { return 0; }
  void setCurrentDevice(c10::DeviceIndex) const override {}
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    return at::detail::getDefaultCPUGenerator();
  }
};

using at::HPUHooksRegistry;
using at::RegistererHPUHooksRegistry;
C10_REGISTER_TYPED_CLASS(HPUHooksRegistry, "HPUHooks", Hooks)

C10_REGISTER_GUARD_IMPL(HPU, Guard)

TORCH_LIBRARY_IMPL(_, HPU, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&on_the_cpu>()); }

TORCH_LIBRARY_IMPL(aten, HPU, library) {
  library.impl("empty.memory_format", TORCH_FN(make_empty));
  library.impl("empty_strided", TORCH_FN(make_empty_strided));
  library.impl("_copy_from", TORCH_FN(copy_from));
  library.impl("convolution_overrideable", TORCH_FN(convolved));
  library.impl("convolution_backward_overrideable", TORCH_FN(convolved_backward));
}

}  // namespace

at::Device pretend_device() {
  static const bool ready = [] {
    struct sigaction action = {};
    action.sa_sigaction = &say_and_stop;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    c10::SetAllocator(kPretend, allocator());
    is_there = nn::gpus() == 0;
    return true;
  }();
  (void)ready;
  return {kPretend, 0};
}

Traffic traffic() {
  auto& now = counters();
  return {now.operators.exchange(0), now.to_device.exchange(0), now.to_cpu.exchange(0), now.waits.exchange(0),
          now.blocking.exchange(0)};
}

at::Device a_device() { return nn::gpus() > 0 ? nn::choose_device("cuda") : pretend_device(); }

}  // namespace asterism::test
