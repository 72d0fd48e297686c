#include "nn/transfer.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace asterism::nn {

at::Tensor sent(const at::Tensor& x, const at::Device& device) {
  if (x.device() == device) return x;
  if (!device.is_cuda() || !x.is_cpu()) return x.detach().to(device);
  return x.detach().pin_memory().to(device, /*non_blocking=*/true);
}

void Answers::add(const at::Tensor& answer, Use use) {
  if (answer.is_cpu()) {
    finish();
    use(answer);
    return;
  }
  Pending next{answer.detach().to(at::kCPU, /*non_blocking=*/answer.is_cuda()), nullptr, std::move(use)};
  if (answer.is_cuda()) {  // elsewhere the copy has waited
    const auto device = answer.device();
    next.done = std::make_unique<c10::Event>(device.type());
    next.done->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
  }
  pending_.push_back(std::move(next));
  while (pending_.size() > ahead_) use_first();
}

void Answers::use_first() {
  const auto first = std::move(pending_.front());
  pending_.pop_front();
  if (first.done) first.done->synchronize();
  first.use(first.on_cpu);
}

void Answers::finish() {
  while (!pending_.empty()) use_first();
}

}  // namespace asterism::nn
