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
  enum class Kind { tiles, libtorch, panels, floats } kind;
  float most;
};

const Kernel& kernel() {
  static const Kernel chosen = [] {
    if (ByteTiles::available()) return Kernel{Kernel::Kind::tiles, 127};
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
  constexpr const char* kNames[] = {"tiles", "libtorch", "panels", "floats"};
  return kNames[size_t(kernel().kind)];
}

float int8_weight_most() { return kernel().most; }

Int8Weight::Int8Weight(const at::Tensor& weight_OI, const at::Tensor& bias_O) : inputs_(weight_OI.size(1)) {
  const at::NoGradGuard no_grad;
  const auto bytes = as_bytes(weight_OI.detach().to(at::kFloat), kernel().most);
  scale_O_ = bytes.scale_R;
  if (bias_O.defined()) bias_O_ = bias_O.detach().to(at::kFloat).contiguous();
  switch (kernel().kind) {
    case Kernel::Kind::tiles:
      tiles_ = ByteTiles(bytes.values_RI);
      break;
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
  if (panels_.defined())
    panels_.multiply(bytes_RI, sum_RO);
  else if (float_IO_.defined())
    sum_RO.copy_(at::mm(bytes_RI.to(at::kFloat), float_IO_));
  else
    at::_int_mm_out(sum_RO, bytes_RI, weight_OI_.t());
}

Int8Weight::Rows Int8Weight::rows_of(const at::Tensor& x_RI) const {
  ASTERISM_CHECK(x_RI.size(1) == inputs_, "rows of {} for a weight of {}", x_RI.size(1), inputs_);
  const auto x = as_bytes(x_RI.to(at::kFloat), 127);
  return {x.values_RI, x.scale_R};
}

template <class Work>
void Int8Weight::for_sums(const Rows& rows, float* room, const Work& work) const {
  if (rows.bytes_RI.size(0) == 0) return;
  ++products;
  if (tiles_.defined()) return tiles_.multiply(rows.bytes_RI, work);
  const int64_t n = outputs();
  auto sum_RO = room != nullptr ? at::from_blob(room, {rows.bytes_RI.size(0), n}, at::kInt)
                                : at::empty({rows.bytes_RI.size(0), n}, at::kInt);
  multiply(rows.bytes_RI, sum_RO);
  const auto* sum = sum_RO.const_data_ptr<int32_t>();
  in_threads(sum_RO.size(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) work(r, 0, n, sum + r * n);
  });
}

void Int8Weight::rescale(const Rows& rows, bool add, float* to) const {
  const auto *scale = scale_O_.const_data_ptr<float>(), *row_scale = rows.scale_R.const_data_ptr<float>();
  const int64_t n = outputs();
  for_sums(rows, add ? nullptr : to, [&](int64_t r, int64_t first, int64_t count, const int32_t* sums) {
    rescale_row(sums, count, row_scale[r], scale + first, bias_from(first), add, to + r * n + first);
  });
}

at::Tensor Int8Weight::operator()(const at::Tensor& x, bool gelu) const {
  const at::NoGradGuard no_grad;
  const auto rows = rows_of(x.reshape({-1, x.size(-1)}));
  auto out = at::empty({rows.bytes_RI.size(0), outputs()}, at::kFloat);
  rescale(rows, false, out.mutable_data_ptr<float>());
  if (gelu) at::gelu_(out);
  auto shape = x.sizes().vec();
  shape.back() = out.size(1);
  return out.view(shape);
}

void Int8Weight::add_to(at::Tensor& sum_RO, const at::Tensor& x_RI) const {
  const at::NoGradGuard no_grad;
  ASTERISM_CHECK(sum_RO.is_contiguous() && sum_RO.scalar_type() == at::kFloat, "a sum that is no matrix of floats");
  rescale(rows_of(x_RI), true, sum_RO.mutable_data_ptr<float>());
}

void Int8Weight::of_bytes(const at::Tensor& bytes_RI, const at::Tensor& scale_R, float* to) const {
  const at::NoGradGuard no_grad;
  rescale({bytes_RI, scale_R}, false, to);
}

at::Tensor Int8Weight::gated(const at::Tensor& x_RI) const {
  const at::NoGradGuard no_grad;
  const auto rows = rows_of(x_RI);
  const int64_t half = outputs() / 2;
  const auto *scale = scale_O_.const_data_ptr<float>(), *row_scale = rows.scale_R.const_data_ptr<float>();
  auto out = at::empty({rows.bytes_RI.size(0), half}, at::kFloat);
  float* to = out.mutable_data_ptr<float>();
  const auto take = [&](int64_t r, int64_t first, int64_t count, const int32_t* sums, const int32_t* second) {
    static thread_local std::vector<float> both;
    both.resize(size_t(2 * count));
    rescale_row(sums, count, row_scale[r], scale + first, bias_from(first), false, both.data());
    rescale_row(second, count, row_scale[r], scale + half + first, bias_from(half + first), false, both.data() + count);
    swiglu_row(both.data(), both.data() + count, to + r * half + first, count);
  };
  if (tiles_.defined() && tiles_.halves() && out.size(0) > 0) {
    ++products;
    tiles_.multiply_halves(rows.bytes_RI, take);
  } else if (tiles_.defined()) {  // halves that end within a tile
    const auto whole = (*this)(x_RI);
    const float* from = whole.const_data_ptr<float>();
    for (int64_t r = 0; r < out.size(0); ++r)
      swiglu_row(from + 2 * half * r, from + 2 * half * r + half, to + r * half, half);
  } else {
    for_sums(rows, nullptr,
             [&](int64_t r, int64_t, int64_t, const int32_t* sums) { take(r, 0, half, sums, sums + half); });
  }
  return out;
}

}  // namespace asterism::nn
