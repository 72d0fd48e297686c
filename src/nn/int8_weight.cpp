#include "nn/int8_weight.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "nn/in_threads.h"
#include "nn/int8_rows.h"
#include "nn/row_math.h"

namespace asterism::nn {
namespace {

constexpr int64_t kGrain = 16;  // rows that are worth a thread

std::atomic<int64_t> products{0};

struct Bytes {
  at::Tensor values_RI, scale_R;
};

Bytes as_bytes(const at::Tensor& x_RI, float most) {
  const auto x = x_RI.contiguous();
  const int64_t n = x.size(1);
  Bytes out{at::empty(x.sizes(), at::kChar), at::empty({x.size(0)}, at::kFloat)};
  const float* from = x.const_data_ptr<float>();
  int8_t* to = out.values_RI.mutable_data_ptr<int8_t>();
  float* scale = out.scale_R.mutable_data_ptr<float>();
  in_threads(x.size(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) scale[r] = int8_row(from + r * n, n, to + r * n, most);
  });
  return out;
}

// Whether libtorch's sums are whole. Without VNNI it adds pairs of products in 16 bits, which two of 255 * 127
// overflow.
bool adds_exactly() {
  const auto x = at::full({32, 64}, 127, at::kChar), w = at::full({64, 32}, 127, at::kChar);
  return at::_int_mm(x, w).eq(64 * 127 * 127).all().item<bool>();
}

// Whether libtorch has a kernel for products of bytes on this processor, by the clock. Where it has none it goes
// through them one by one, far slower than products of floats, which for whole numbers are as exact up to sums of 2^24.
bool has_byte_kernel() {
  const auto x = at::ones({64, 256}, at::kChar), w = at::ones({256, 256}, at::kChar);
  const auto x_float = x.to(at::kFloat), w_float = w.to(at::kFloat);
  const auto least = [](const auto& work) {
    double seconds = 1e9;
    for (int i = 0; i < 4; ++i) {
      const base::Stopwatch watch;
      work();
      seconds = std::min(seconds, watch.seconds());
    }
    return seconds;
  };
  return least([&] { at::_int_mm(x, w); }) < 4 * least([&] { at::mm(x_float, w_float); });
}

// How bytes are multiplied on this processor, and the largest byte of a weight.
struct Kernel {
  enum class Kind { libtorch, panels, floats } kind;
  float most;
};

const Kernel& kernel() {
  static const Kernel chosen = [] {
    const bool has = has_byte_kernel();
    if (has && adds_exactly()) return Kernel{Kernel::Kind::libtorch, 127};
    if (BytePanels::available()) return Kernel{Kernel::Kind::panels, BytePanels::kMost};
    return has ? Kernel{Kernel::Kind::libtorch, 63} : Kernel{Kernel::Kind::floats, 127};
  }();
  return chosen;
}

}  // namespace

int64_t int8_products() { return products; }

std::string int8_kernel() {
  const auto kind = kernel().kind;
  if (kind == Kernel::Kind::panels) return "panels";
  return kind == Kernel::Kind::libtorch ? "libtorch" : "floats";
}

float int8_weight_most() { return kernel().most; }

Int8Weight::Int8Weight(const at::Tensor& weight_OI, const at::Tensor& bias_O) : inputs_(weight_OI.size(1)) {
  const at::NoGradGuard no_grad;
  const auto bytes = as_bytes(weight_OI.detach().to(at::kFloat), kernel().most);
  scale_O_ = bytes.scale_R;
  if (bias_O.defined()) bias_O_ = bias_O.detach().to(at::kFloat).contiguous();
  switch (kernel().kind) {
    case Kernel::Kind::libtorch:
      weight_OI_ = bytes.values_RI;
      break;
    case Kernel::Kind::panels:
      panels_ = BytePanels(bytes.values_RI);
      break;
    case Kernel::Kind::floats:
      float_IO_ = bytes.values_RI.to(at::kFloat).t();
      break;
  }
}

void Int8Weight::multiply(const at::Tensor& bytes_RI, at::Tensor& sum_RO) const {
  ++products;
  if (panels_.defined())
    panels_.multiply(bytes_RI, sum_RO);
  else if (float_IO_.defined())
    sum_RO.copy_(at::mm(bytes_RI.to(at::kFloat), float_IO_));
  else
    at::_int_mm_out(sum_RO, bytes_RI, weight_OI_.t());
}

Int8Weight::Product Int8Weight::product(const at::Tensor& x_RI) const {
  ASTERISM_CHECK(x_RI.size(1) == inputs_, "rows of {} for a weight of {}", x_RI.size(1), inputs_);
  const auto x = as_bytes(x_RI.to(at::kFloat), 127);
  Product out{at::empty({x_RI.size(0), outputs()}, at::kInt), x.scale_R};
  if (x_RI.size(0) > 0) multiply(x.values_RI, out.sum_RO);
  return out;
}

template <class Work>
void Int8Weight::for_rows(const Product& made, const Work& work) {
  const int64_t n = made.sum_RO.size(1);
  const auto* sum = made.sum_RO.const_data_ptr<int32_t>();
  const auto* scale = made.scale_R.const_data_ptr<float>();
  in_threads(made.sum_RO.size(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) work(r, sum + r * n, scale[r]);
  });
}

void Int8Weight::rescale(const Product& made, bool add, float* to) const {
  const int64_t n = made.sum_RO.size(1);
  for_rows(made, [&](int64_t r, const int32_t* sum, float row_scale) {
    rescale_row(sum, n, row_scale, scale_O_.const_data_ptr<float>(), bias(), add, to + r * n);
  });
}

at::Tensor Int8Weight::operator()(const at::Tensor& x, bool gelu) const {
  const at::NoGradGuard no_grad;
  const auto made = product(x.reshape({-1, x.size(-1)}));
  auto out = made.sum_RO.view(at::kFloat);  // written over the integers
  rescale(made, false, out.mutable_data_ptr<float>());
  if (gelu) at::gelu_(out);
  auto shape = x.sizes().vec();
  shape.back() = out.size(1);
  return out.view(shape);
}

void Int8Weight::add_to(at::Tensor& sum_RO, const at::Tensor& x_RI) const {
  const at::NoGradGuard no_grad;
  ASTERISM_CHECK(sum_RO.is_contiguous() && sum_RO.scalar_type() == at::kFloat, "a sum that is no matrix of floats");
  rescale(product(x_RI), true, sum_RO.mutable_data_ptr<float>());
}

void Int8Weight::of_bytes(const at::Tensor& bytes_RI, const at::Tensor& scale_R, float* to) const {
  const at::NoGradGuard no_grad;
  auto sum_RO = at::from_blob(to, {bytes_RI.size(0), outputs()}, at::kInt);  // written over
  multiply(bytes_RI, sum_RO);
  rescale({sum_RO, scale_R}, false, to);
}

at::Tensor Int8Weight::gated(const at::Tensor& x_RI) const {
  const at::NoGradGuard no_grad;
  const auto made = product(x_RI);
  const int64_t n = made.sum_RO.size(1), half = n / 2;
  auto out = at::empty({made.sum_RO.size(0), half}, at::kFloat);
  float* to = out.mutable_data_ptr<float>();
  for_rows(made, [&](int64_t r, const int32_t* sum, float row_scale) {
    static thread_local std::vector<float> both;
    both.resize(size_t(n));
    rescale_row(sum, n, row_scale, scale_O_.const_data_ptr<float>(), bias(), false, both.data());
    swiglu_row(both.data(), both.data() + half, to + r * half, half);
  });
  return out;
}

}  // namespace asterism::nn
