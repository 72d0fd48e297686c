#include "nn/packed_weight.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "nn/swiglu.h"

namespace asterism::nn {
namespace {

// Operators that have no function in ATen's headers, called by name.
std::optional<c10::OperatorHandle> operator_named(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""});
}

at::Tensor reordered(const c10::OperatorHandle& pack, const at::Tensor& weight, int64_t rows) {
  torch::jit::Stack stack{weight.contiguous(), c10::IValue(rows)};
  pack.callBoxed(stack);
  return stack.at(0).toTensor();
}

// oneDNN refuses bf16 on processors without AVX-512; libtorch's own products take it everywhere.
bool reorders_bf16(const c10::OperatorHandle& pack) {
  static const bool does = [&] {
    try {
      return reordered(pack, at::zeros({16, 16}, at::kBFloat16), 16).defined();
    } catch (const c10::Error&) {
      return false;
    }
  }();
  return does;
}

// The reordered weight; undefined where this libtorch or processor cannot.
at::Tensor packed(const at::Tensor& weight, int64_t rows) {
  static const auto pack = operator_named("mkldnn::_reorder_linear_weight");
  static const auto multiply = operator_named("mkldnn::_linear_pointwise");
  const auto type = weight.scalar_type();
  if (!weight.device().is_cpu() || (type != at::kFloat && type != at::kBFloat16)) return {};
  if (!pack || !multiply || !at::hasMKLDNN() || !at::globalContext().userEnabledMkldnn()) return {};
  if (type == at::kBFloat16 && !reorders_bf16(*pack)) return {};
  return reordered(*pack, weight, rows);
}

}  // namespace

PackedWeight::PackedWeight(const at::Tensor& weight, const at::Tensor& bias, int64_t rows) : bias_(bias) {
  packed_ = packed(weight.detach(), rows);
  if (!packed_.defined()) weight_ = weight;
}

PackedWeight PackedWeight::of_type(at::ScalarType type, const at::Tensor& weight, const at::Tensor& bias) {
  if (type == at::kBFloat16 && weight.is_cpu() && TileMatrix::available()) {
    const auto w = weight.detach().to(at::kFloat).contiguous();
    PackedWeight out;
    out.tiles_ = TileMatrix({w.const_data_ptr<float>(), 1, w.size(1)}, w.size(1), w.size(0));
    if (bias.defined()) out.bias_ = bias.detach().to(at::kFloat).contiguous();
    out.outputs_ = w.size(0);
    out.inputs_ = w.size(1);
    return out;
  }
  if (type != at::kChar) {
    const bool cast = type == at::kBFloat16;
    return PackedWeight(cast ? weight.detach().to(type) : weight,
                        cast && bias.defined() ? bias.detach().to(type) : bias);
  }
  PackedWeight out;
  out.bytes_ = Int8Weight(weight, bias);
  return out;
}

at::Tensor PackedWeight::gated(const at::Tensor& x) const {
  return bytes_.defined() ? bytes_.gated(x) : swiglu((*this)(x));
}

at::Tensor PackedWeight::operator()(const at::Tensor& x, bool gelu) const {
  if (bytes_.defined()) return bytes_(x, gelu);
  if (tiles_.defined()) return multiplied_by_tiles(x, gelu);
  if (!packed_.defined()) {
    const auto y = at::linear(x, weight_, bias_);
    return gelu ? at::gelu(y) : y;
  }
  static const auto multiply = operator_named("mkldnn::_linear_pointwise");
  c10::IValue bias;
  if (bias_.defined()) bias = bias_.detach();
  torch::jit::Stack stack{
      x.contiguous(),     packed_, bias, std::string(gelu ? "gelu" : "none"), c10::List<std::optional<at::Scalar>>(),
      std::string("none")};
  multiply->callBoxed(stack);
  return stack.at(0).toTensor();
}

at::Tensor PackedWeight::multiplied_by_tiles(const at::Tensor& x, bool gelu) const {
  const auto rows = x.reshape({-1, x.size(-1)}).to(at::kFloat).contiguous();
  ASTERISM_CHECK(rows.size(1) == inputs_, "rows of {} for a weight of {}", rows.size(1), inputs_);
  auto shape = x.sizes().vec();
  shape.back() = outputs_;
  auto out = at::empty(shape, at::kFloat);
  tiles_.multiply(rows.size(0), {rows.const_data_ptr<float>(), rows.size(1)},
                  bias_.defined() ? bias_.const_data_ptr<float>() : nullptr, out.mutable_data_ptr<float>(), outputs_);
  if (gelu) at::gelu_(out);
  return out;
}

void PackedWeight::add_to(at::Tensor& sum, const at::Tensor& x) const {
  if (bytes_.defined()) return bytes_.add_to(sum, x);
  if (packed_.defined() || bias_.defined() || sum.is_cpu())
    sum.add_((*this)(x));
  else  // one pass over the sum less
    sum.addmm_(x, weight_.t());
}

void PackedWeights::watch(const at::Tensor& weight) {
  if (!weight.defined()) return;
  watched_.push_back(weight);
  versions_.push_back(int64_t(weight._version()));
  devices_.push_back(weight.device());
}

bool PackedWeights::current() const {
  for (size_t i = 0; i < watched_.size(); ++i)
    if (int64_t(watched_[i]._version()) != versions_[i] || watched_[i].device() != devices_[i]) return false;
  return true;
}

}  // namespace asterism::nn
