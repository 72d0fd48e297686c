#pragma once
// Between the CPU, where observations and answers are, and the device of a network, without either waiting for the
// other.

#include <ATen/ATen.h>
#include <c10/core/Event.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

namespace asterism::nn {

// A CPU tensor as the device reads it: itself where that is the CPU, else a copy. To a GPU it goes from pinned memory,
// in turn with what the GPU was asked for before, and the program does not wait. Gradients do not pass.
at::Tensor sent(const at::Tensor& x, const at::Device& device);

// Answers of a device, used on the CPU in the order in which they were asked for, while the device computes the next
// ones. On the CPU each is used at once.
class Answers {
 public:
  using Use = std::function<void(const at::Tensor& on_cpu)>;
  // Up to `ahead` answers are left for later: as many chunks of input lie in the device's memory besides the newest.
  explicit Answers(size_t ahead = 1) : ahead_(ahead) {}
  void add(const at::Tensor& answer, Use use);
  void finish();  // uses all that are left

 private:
  struct Pending {
    at::Tensor on_cpu;
    std::unique_ptr<c10::Event> done;  // null: it is there
    Use use;
  };
  void use_first();
  size_t ahead_;
  std::deque<Pending> pending_;
};

}  // namespace asterism::nn
