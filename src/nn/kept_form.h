#pragma once
// Forms in which weights are multiplied (integers, tiles), kept beside the weights until those change or go.

#include <ATen/ATen.h>

#include <map>
#include <mutex>
#include <utility>

namespace asterism::nn {

template <class Form>
class KeptForms {
 public:
  // The form of a weight (and, where it holds that too, a bias; else undefined), made by make() where there is none of
  // what they are now.
  template <class Make>
  Form of(const at::Tensor& weight, const at::Tensor& bias, const Make& make) {
    const auto* key = weight.unsafeGetTensorImpl();
    const auto version = int64_t(weight._version()), bias_version = bias.defined() ? int64_t(bias._version()) : 0;
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(key);
    if (found != all_.end() && !found->second.of.expired() && found->second.version == version &&
        found->second.bias_version == bias_version)
      return found->second.form;
    std::erase_if(all_, [](const auto& one) { return one.second.of.expired(); });
    Kept one{c10::weak_intrusive_ptr<at::TensorImpl>(weight.getIntrusivePtr()), version, bias_version, make()};
    return all_.insert_or_assign(key, std::move(one)).first->second.form;
  }

 private:
  struct Kept {
    c10::weak_intrusive_ptr<at::TensorImpl> of;
    int64_t version, bias_version;
    Form form;
  };
  std::mutex mutex_;
  std::map<const at::TensorImpl*, Kept> all_;
};

}  // namespace asterism::nn
