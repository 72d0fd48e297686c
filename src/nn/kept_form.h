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
    const std::pair key(weight.unsafeGetTensorImpl(), bias.unsafeGetTensorImpl());
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(key);
    if (found != all_.end() && found->second.weight.is(weight) && found->second.bias.is(bias))
      return found->second.form;
    std::erase_if(all_, [](const auto& one) { return one.second.weight.gone() || one.second.bias.gone(); });
    return all_.insert_or_assign(key, Kept{Part(weight), Part(bias), make()}).first->second.form;
  }

 private:
  // A tensor, by the memory of its object, which another may have later, and how often it was written.
  class Part {
   public:
    explicit Part(const at::Tensor& x) : defined_(x.defined()), version_(version(x)) {
      if (defined_) object_ = c10::weak_intrusive_ptr<at::TensorImpl>(x.getIntrusivePtr());
    }
    bool gone() const { return defined_ && object_.expired(); }
    bool is(const at::Tensor& x) const { return !gone() && version(x) == version_; }

   private:
    static int64_t version(const at::Tensor& x) { return x.defined() ? int64_t(x._version()) : 0; }
    bool defined_;
    int64_t version_;
    c10::weak_intrusive_ptr<at::TensorImpl> object_{c10::intrusive_ptr<at::TensorImpl>()};
  };
  struct Kept {
    Part weight, bias;
    Form form;
  };
  std::mutex mutex_;
  std::map<std::pair<const at::TensorImpl*, const at::TensorImpl*>, Kept> all_;
};

}  // namespace asterism::nn
