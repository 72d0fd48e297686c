#include "nn/packed_layers.h"

#include <algorithm>

#include "nn/gpu_rows.h"
#include "nn/in_threads.h"
#include "nn/row_math.h"
#include "nn/tile_matrix.h"

namespace asterism::nn {
namespace {

constexpr int64_t kGrain = 16;  // rows that are worth a thread

// Of x [R, D] or, cut out of something wider, [R, H, d], on a CPU: without the copy of it that ATen would make.
at::Tensor normed_here(const LayerNorm& norm, const at::Tensor& x) {
  const int64_t n = x.size(-1), parts = x.dim() == 3 ? x.size(1) : 1;
  const int64_t along_rows = x.stride(0), along_parts = x.dim() == 3 ? x.stride(1) : 0;
  const auto gain = norm.weight.contiguous(), shift = norm.bias.defined() ? norm.bias.contiguous() : norm.bias;
  auto out = at::empty(x.sizes(), x.options());
  const float *from = x.const_data_ptr<float>(), *by = gain.const_data_ptr<float>(),
              *more = shift.defined() ? shift.const_data_ptr<float>() : nullptr;
  float* to = out.mutable_data_ptr<float>();
  in_threads(x.size(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      for (int64_t p = 0; p < parts; ++p)
        norm_row(from + r * along_rows + p * along_parts, n, by, more, float(norm.epsilon), to + (r * parts + p) * n);
  });
  return out;
}

constexpr int64_t kRowsAtOnce = 1024, kRowsAtOnceElsewhere = 1 << 18;  // a GPU wants many, and has room for them
constexpr int64_t kLeastRows = 128;                                    // that are worth a thread of their own
constexpr int64_t kRowsOfMlp = 128;                                    // whose hidden layer stays in the second cache

}  // namespace

at::Tensor normed(const LayerNorm& norm, const at::Tensor& x) {
  const bool floats = x.scalar_type() == at::kFloat && norm.weight.scalar_type() == at::kFloat;
  if (x.is_cpu() && floats && (x.dim() == 2 || x.dim() == 3) && x.stride(-1) == 1) return normed_here(norm, x);
  if (auto made = norm_on_gpu(x, norm); made.defined()) return made;
  const auto like_x = [&](const at::Tensor& w) { return w.defined() ? w.to(x.scalar_type()) : w; };
  return at::layer_norm(x, {x.size(-1)}, like_x(norm.weight), like_x(norm.bias), norm.epsilon);
}

ComputedRows::ComputedRows(at::ScalarType type, const at::Tensor& x) : input(x) {
  if (type != at::kBFloat16 || (x.is_cpu() && TileMatrix::available())) return;  // tiles read floats
  plain = std::make_unique<Autocast>(Precision::fp32, x.device().type());
  input = x.to(type);
}

std::vector<int64_t> groups_together(const Ranges& groups, bool on_cpu) {
  int64_t most = on_cpu ? kRowsAtOnce : kRowsAtOnceElsewhere;
  if (on_cpu) most = std::clamp((groups.rows() + threads_here() - 1) / threads_here(), kLeastRows, most);
  std::vector<int64_t> starts{0};
  for (int64_t g = 0, rows = 0; g < groups.groups(); ++g) {
    if (rows > 0 && rows + groups.length(g) > most) {
      starts.push_back(g);
      rows = 0;
    }
    rows += groups.length(g);
  }
  starts.push_back(groups.groups());
  return starts;
}

at::Tensor changed_in_parts(at::ScalarType type, const at::Tensor& x_RD, const Ranges& groups, const PartWork& work) {
  const ComputedRows computed(type, x_RD);
  auto out = computed.input.is_same(x_RD) ? x_RD.clone() : computed.input;
  const auto starts = groups_together(groups, x_RD.is_cpu());
  const auto through = [&](int64_t begin, int64_t last) {
    const ComputedRows here(type, out);
    for (int64_t p = begin; p < last; ++p) {
      const int64_t first = starts[size_t(p)], end = starts[size_t(p + 1)], row = groups.starts[size_t(first)];
      auto rows = out.narrow(0, row, groups.starts[size_t(end)] - row);
      if (rows.size(0) > 0) work(first, end, rows);
    }
  };
  const int64_t parts = int64_t(starts.size()) - 1;
  if (x_RD.is_cpu())
    in_threads(parts, 1, through);
  else
    through(0, parts);
  return out.to(x_RD.scalar_type());
}

PackedMlp::PackedMlp(const Mlp& from, at::ScalarType type, PackedWeights& watched)
    : activation_(from.activation), gated_(from.gated) {
  at::Tensor bias = from.fc1.bias;
  if (gated_ && bias.defined()) bias = at::cat({bias, from.fc3.bias});
  first_ = PackedWeight::of_type(type, gated_ ? at::cat({from.fc1.weight, from.fc3.weight}) : from.fc1.weight, bias);
  second_ = PackedWeight::of_type(type, from.fc2.weight, from.fc2.bias);
  for (const auto* layer : {&from.fc1, &from.fc2, &from.fc3}) {
    watched.watch(layer->weight);
    watched.watch(layer->bias);
  }
}

void PackedMlp::add_to(at::Tensor& sum_RD, const at::Tensor& rows_RD) const {
  const int64_t rows = rows_RD.size(0);
  if (!first_.by_tiles() || rows <= kRowsOfMlp) return add_some(sum_RD, rows_RD);
  in_threads((rows + kRowsOfMlp - 1) / kRowsOfMlp, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin * kRowsOfMlp; r < std::min(rows, end * kRowsOfMlp); r += kRowsOfMlp) {
      const int64_t some = std::min(kRowsOfMlp, rows - r);
      auto sum = sum_RD.narrow(0, r, some);
      add_some(sum, rows_RD.narrow(0, r, some));
    }
  });
}

void PackedMlp::add_some(at::Tensor& sum_RD, const at::Tensor& rows_RD) const {
  at::Tensor hidden;
  if (gated_ && activation_ == Activation::silu) {
    hidden = first_.gated(rows_RD);
  } else if (gated_) {
    const auto halves = first_(rows_RD).chunk(2, 1);
    hidden = activate(halves[0], activation_) * halves[1];
  } else {
    const bool gelu = activation_ == Activation::gelu;
    hidden = first_(rows_RD, gelu);
    if (!gelu) hidden = activate(hidden, activation_);
  }
  second_.add_to(sum_RD, hidden);
}

}  // namespace asterism::nn
