#pragma once
// The named tensors of a module tree: what is learned (parameters) and what is only kept (buffers). Layers hold handles
// to these tensors; loading copies values into them in place, so the handles stay good.

#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace asterism::nn {

class Parameters {
 public:
  // Registers a tensor under a full name ("encoder.0.attn.qkv.weight") and returns the handle. CheckError if the name
  // is taken.
  at::Tensor add(const std::string& name, at::Tensor value);         // requires grad
  at::Tensor add_buffer(const std::string& name, at::Tensor value);  // does not
  // A buffer that stays on the CPU, whatever `to` says: scales and bins by which inputs are prepared there.
  at::Tensor add_statistic(const std::string& name, at::Tensor value);
  // Follows the others to a device, and is in no file: what a layer computed for itself (frequencies, places).
  at::Tensor add_constant(at::Tensor value);

  const std::map<std::string, at::Tensor>& parameters() const { return parameters_; }
  const std::map<std::string, at::Tensor>& buffers() const { return buffers_; }
  std::map<std::string, at::Tensor> all() const;  // both, by name: what a file holds
  std::vector<at::Tensor> trainable() const;      // parameters that require grad, by name order
  int64_t count() const;                          // numbers in all parameters

  // Takes over every entry of another tree under `prefix` + name (sharing storage).
  void adopt(const std::string& prefix, const Parameters& other);

  // Copies values by name. A missing, extra or mis-shaped name is a DataError that names `source`, the key and the
  // nearest key; so is a value that is not finite.
  void load(const std::map<std::string, at::Tensor>& values, const std::string& source);

  // Puts every tensor but statistics on a device; the handles of layers follow. Gradients are forgotten.
  void to(const at::Device& device);
  at::Device device() const;  // of its tensors; the CPU where it has none

  void set_trainable(const std::function<bool(const std::string&)>& choose);
  void zero_grad();

 private:
  std::map<std::string, at::Tensor> parameters_, buffers_;
  std::set<std::string> statistics_;  // names of buffers
  std::vector<at::Tensor> constants_;
};

}  // namespace asterism::nn
