#include "nn/ragged_attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "nn/attention.h"
#include "nn/in_threads.h"
#include "nn/ranges_on_device.h"
#include "nn/row_math.h"

extern "C" void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);  // BLAS, from libtorch

namespace asterism::nn {
namespace {

constexpr int64_t kQueries = 128;  // at a time: the scores of a long group stay in the cache

// Rows of one head, row-major: `stride` numbers from one row to the next.
struct Matrix {
  float* data;
  int64_t stride;
  Matrix from(int64_t row) const { return {data + row * stride, stride}; }
};

// c [m, n] = alpha a b + beta c with a [m, k] (or its transpose, stored [k, m]) and b [k, n] (or stored [n, k]).
void multiply(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b,
              float beta, Matrix c) {
  // BLAS counts by columns: it sees every matrix transposed, and c^T = b^T a^T.
  const char ta = transpose_a ? 'T' : 'N', tb = transpose_b ? 'T' : 'N';
  const int rows = int(n), columns = int(m), inner = int(k), lda = int(a.stride), ldb = int(b.stride),
            ldc = int(c.stride);
  sgemm_(&tb, &ta, &rows, &columns, &inner, &alpha, b.data, &ldb, a.data, &lda, &beta, c.data, &ldc);
}

Matrix head_of(const at::Tensor& x_RHd, int64_t head) {
  return {const_cast<float*>(x_RHd.const_data_ptr<float>()) + head * x_RHd.stride(1), x_RHd.stride(0)};
}

// Calls work(head, group, scratch) for each head and group that has queries and keys, in threads. scratch: two matrices
// of kQueries rows of the longest group's keys.
template <class Work>
void for_each_group(int64_t heads, const Ranges& queries, const Ranges& keys, const Work& work) {
  const int64_t groups = queries.groups(), longest = std::max<int64_t>(1, keys.longest());
  // heads outermost: every thread gets as many rows as the next, whatever the lengths
  in_threads(heads * groups, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(size_t(2 * std::min(kQueries, queries.longest()) * longest));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t g = i % groups;
      if (queries.length(g) > 0 && keys.length(g) > 0) work(i / groups, g, scratch.data());
    }
  });
}

// q, k and v [rows, H, d] with unit stride along d -> out [R, H, d]; lse [H, R]: log of the sum of exp of the scores.
void forward_kernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Ranges& queries,
                    const Ranges& keys, at::Tensor& out, at::Tensor& lse) {
  const int64_t d = q.size(2), rows = q.size(0);
  const float scale = 1 / std::sqrt(float(d));
  float* sums = lse.data_ptr<float>();
  for_each_group(q.size(1), queries, keys, [&](int64_t h, int64_t g, float* scratch) {
    const int64_t n = keys.length(g), end = queries.starts[size_t(g + 1)];
    const Matrix key = head_of(k, h).from(keys.starts[size_t(g)]), value = head_of(v, h).from(keys.starts[size_t(g)]),
                 p{scratch, n};
    for (int64_t r = queries.starts[size_t(g)]; r < end; r += kQueries) {
      const int64_t m = std::min(kQueries, end - r);
      multiply(false, true, m, n, d, scale, head_of(q, h).from(r), key, 0, p);
      for (int64_t i = 0; i < m; ++i) sums[h * rows + r + i] = softmax_row(p.from(i).data, n);
      multiply(false, false, m, d, n, 1, p, value, 0, head_of(out, h).from(r));
    }
  });
}

struct Gradients {
  at::Tensor q, k, v;
};

void backward_kernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out,
                     const at::Tensor& lse, const at::Tensor& gradient, const Ranges& queries, const Ranges& keys,
                     Gradients& of) {
  const int64_t d = q.size(2), rows = q.size(0);
  const float scale = 1 / std::sqrt(float(d));
  const float* sums = lse.const_data_ptr<float>();
  for_each_group(q.size(1), queries, keys, [&](int64_t h, int64_t g, float* scratch) {
    const int64_t n = keys.length(g), first = queries.starts[size_t(g)], end = queries.starts[size_t(g + 1)],
                  at = keys.starts[size_t(g)];
    const Matrix key = head_of(k, h).from(at), value = head_of(v, h).from(at);
    const Matrix p{scratch, n}, ds{scratch + std::min(kQueries, end - first) * n, n};
    for (int64_t r = first; r < end; r += kQueries) {
      const int64_t m = std::min(kQueries, end - r);
      const Matrix query = head_of(q, h).from(r), result = head_of(out, h).from(r), dout = head_of(gradient, h).from(r);
      multiply(false, true, m, n, d, scale, query, key, 0, p);
      multiply(false, true, m, n, d, 1, dout, value, 0, ds);
      for (int64_t i = 0; i < m; ++i) {
        exp_row(p.from(i).data, n, sums[h * rows + r + i]);
        softmax_backward_row(ds.from(i).data, p.from(i).data, n, dot_row(dout.from(i).data, result.from(i).data, d),
                             scale);
      }
      const float keep = r > first ? 1 : 0;  // of the gradients of earlier queries
      multiply(false, false, m, d, n, 1, ds, key, 0, head_of(of.q, h).from(r));
      multiply(true, false, n, d, m, 1, ds, query, keep, head_of(of.k, h).from(at));
      multiply(true, false, n, d, m, 1, p, dout, keep, head_of(of.v, h).from(at));
    }
  });
}

// Rows that BLAS can read: numbers side by side, no row over the next (a gradient of a sum is one row, many times).
at::Tensor rows_of_floats(const at::Tensor& x) {
  const auto narrow = x.to(at::kFloat);
  const bool readable = narrow.stride(2) == 1 && narrow.stride(0) >= narrow.size(2);
  return readable ? narrow : narrow.clone(at::MemoryFormat::Contiguous);
}

// Zeros only where a group has rows here and none there; else every number is written.
at::Tensor room(const at::Tensor& like, const Ranges& own, const Ranges& others) {
  bool all_met = true;
  for (int64_t g = 0; g < own.groups(); ++g) all_met = all_met && (own.length(g) == 0 || others.length(g) > 0);
  const auto options = like.options().requires_grad(false);
  return all_met ? at::empty(like.sizes(), options) : at::zeros(like.sizes(), options);
}

struct Ragged : torch::autograd::Function<Ragged> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q_RHd, const at::Tensor& k_SHd,
                            const at::Tensor& v_SHd, const Ranges& queries, const Ranges& keys) {
    const auto q = rows_of_floats(q_RHd), k = rows_of_floats(k_SHd), v = rows_of_floats(v_SHd);
    auto out = room(q, queries, keys);
    auto lse = at::empty({q.size(1), q.size(0)}, q.options());
    forward_kernel(q, k, v, queries, keys, out, lse);
    context->save_for_backward({q, k, v, out, lse});
    context->saved_data["queries"] = queries.starts;
    context->saved_data["keys"] = keys.starts;
    context->saved_data["types"] =
        std::vector<int64_t>{int64_t(q_RHd.scalar_type()), int64_t(k_SHd.scalar_type()), int64_t(v_SHd.scalar_type())};
    return out.to(q_RHd.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &lse = saved[4];
    const Ranges queries{context->saved_data["queries"].toIntVector()}, keys{context->saved_data["keys"].toIntVector()};
    const auto types = context->saved_data["types"].toIntVector();
    Gradients of{room(q, queries, keys), room(k, keys, queries), room(v, keys, queries)};
    backward_kernel(q, k, v, out, lse, rows_of_floats(gradients[0]), queries, keys, of);
    return {of.q.to(at::ScalarType(types[0])), of.k.to(at::ScalarType(types[1])), of.v.to(at::ScalarType(types[2])),
            at::Tensor(), at::Tensor()};
  }
};

at::Tensor padded_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Ranges& queries,
                            const Ranges& keys) {
  const auto at_q = padding_on(queries, q.device()), at_k = padding_on(keys, q.device());
  const auto grid = [](const at::Tensor& x, const Padding& p) {  // -> [G, H, T, d]
    return x.index_select(0, p.row_GT.flatten()).unflatten(0, p.row_GT.sizes()).transpose(1, 2);
  };
  const auto out = attend(grid(q, at_q), grid(k, at_k), grid(v, at_k), at_k.mask_GT);
  return out.transpose(1, 2).flatten(0, 1).index_select(0, at_q.place_R);
}

// ATen's kernels for groups of different lengths, which a GPU has.
enum class Kernel { none, flash, efficient };

// Flash works in bf16 and fp16 on recent cards; whether this one is, ATen's own choice for a dense product tells.
Kernel kernel_for(const at::Tensor& q_RHd) {
  constexpr int64_t kMath = 0, kEfficient = 2;
  if (!q_RHd.is_cuda() || q_RHd.scalar_type() == at::kDouble || q_RHd.size(2) % 8 != 0) return Kernel::none;
  static std::mutex mutex;
  static std::map<std::tuple<int, int, int64_t>, Kernel> known;
  const std::scoped_lock lock(mutex);
  const std::tuple key{int(q_RHd.device().index()), int(q_RHd.scalar_type()), q_RHd.size(2)};
  if (const auto found = known.find(key); found != known.end()) return found->second;
  const at::NoGradGuard no_grad;
  const auto dense = at::zeros({1, 1, 8, q_RHd.size(2)}, q_RHd.options());
  const auto choice = at::_fused_sdp_choice(dense, dense, dense);
  const bool narrow = q_RHd.scalar_type() != at::kFloat;
  const auto kernel = choice == kMath                  ? Kernel::none
                      : choice != kEfficient && narrow ? Kernel::flash
                                                       : Kernel::efficient;
  return known[key] = kernel;
}

// Is there a group with queries that has no keys? The kernels differ in what they make of it.
bool any_blind(const Ranges& queries, const Ranges& keys) {
  for (int64_t g = 0; g < queries.groups(); ++g)
    if (queries.length(g) > 0 && keys.length(g) == 0) return true;
  return false;
}

// How long every group is; 0: they differ.
int64_t common_length(const Ranges& groups) {
  const int64_t length = groups.groups() > 0 ? groups.length(0) : 0;
  for (int64_t g = 1; g < groups.groups(); ++g)
    if (groups.length(g) != length) return 0;
  return length;
}

// Budgets that are filled make groups of one length: cuDNN's kernels for such products are faster than those for groups
// of different lengths. It takes time to choose one for each shape that it has not met; so many groups are full
// batches.
bool worth_a_grid(const Ranges& queries, const Ranges& keys) {
  constexpr int64_t kGroups = 32;
  return queries.groups() >= kGroups && common_length(queries) > 0 && common_length(keys) > 0;
}

at::Tensor grid_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t groups) {
  const auto grid = [&](const at::Tensor& x) { return x.unflatten(0, {groups, x.size(0) / groups}).transpose(1, 2); };
  return at::scaled_dot_product_attention(grid(q), grid(k), grid(v)).transpose(1, 2).flatten(0, 1);
}

at::Tensor device_attention(const at::Tensor& q, const at::Tensor& k_in, const at::Tensor& v_in, const Ranges& queries,
                            const Ranges& keys) {
  const auto k = k_in.to(q.scalar_type()), v = v_in.to(q.scalar_type());
  constexpr int64_t kMostGroups = 65535;  // of a CUDA grid
  const auto kernel = queries.groups() <= kMostGroups && !any_blind(queries, keys) ? kernel_for(q) : Kernel::none;
  if (kernel == Kernel::none) return padded_attention(q, k, v, queries, keys);
  if (kernel == Kernel::flash && worth_a_grid(queries, keys)) return grid_attention(q, k, v, queries.groups());
  const auto at_q = starts_int_on(queries, q.device()), at_k = starts_int_on(keys, q.device());
  const int64_t longest_q = queries.longest(), longest_k = keys.longest();
  if (kernel == Kernel::flash)
    return std::get<0>(at::_flash_attention_forward(q, k, v, at_q, at_k, longest_q, longest_k, 0, false, false));
  const bool learn = at::GradMode::is_enabled() && (q.requires_grad() || k.requires_grad() || v.requires_grad());
  return std::get<0>(at::_efficient_attention_forward(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), {}, at_q, at_k,
                                                      longest_q, longest_k, 0, 0, learn))
      .squeeze(0);
}

}  // namespace

at::Tensor attend_ragged(const at::Tensor& q_RHd, const at::Tensor& k_SHd, const at::Tensor& v_SHd,
                         const Ranges& queries, const Ranges& keys) {
  ASTERISM_CHECK(queries.groups() == keys.groups() && queries.rows() == q_RHd.size(0) && keys.rows() == k_SHd.size(0),
                 "{} groups of {} queries for {} and {} of {} keys for {}", queries.groups(), q_RHd.size(0),
                 queries.rows(), keys.groups(), k_SHd.size(0), keys.rows());
  if (queries.rows() == 0 || keys.rows() == 0) return at::zeros(q_RHd.sizes(), q_RHd.options().requires_grad(false));
  if (q_RHd.device().is_cpu() && q_RHd.scalar_type() != at::kDouble)
    return Ragged::apply(q_RHd, k_SHd, v_SHd, queries, keys);
  return device_attention(q_RHd, k_SHd, v_SHd, queries, keys);
}

at::Tensor attend_ragged_inference(const at::Tensor& q_RHd, const at::Tensor& k_SHd, const at::Tensor& v_SHd,
                                   const Ranges& queries, const Ranges& keys) {
  at::NoGradGuard no_grad;
  ASTERISM_CHECK(queries.groups() == keys.groups() && queries.rows() == q_RHd.size(0) && keys.rows() == k_SHd.size(0),
                 "{} groups of queries for {} of keys", queries.groups(), keys.groups());
  if (!q_RHd.is_cpu()) return attend_ragged(q_RHd, k_SHd, v_SHd, queries, keys);
  auto out = at::empty(q_RHd.sizes(), q_RHd.options());
  for (int64_t first = 0, next = 0; first < queries.groups(); first = next) {
    const int64_t m = queries.length(first), n = keys.length(first);
    while (next < queries.groups() && queries.length(next) == m && keys.length(next) == n) ++next;
    const int64_t count = next - first;
    if (m == 0) continue;
    auto place = out.narrow(0, queries.starts[size_t(first)], count * m);
    if (n == 0) {
      place.zero_();
      continue;
    }
    const auto grid = [&](const at::Tensor& x, const Ranges& ranges, int64_t length) {  // [count, H, length, d]
      return x.narrow(0, ranges.starts[size_t(first)], count * length).unflatten(0, {count, length}).transpose(1, 2);
    };
    const auto y =
        at::scaled_dot_product_attention(grid(q_RHd, queries, m), grid(k_SHd, keys, n), grid(v_SHd, keys, n));
    place.copy_(y.transpose(1, 2).flatten(0, 1));
  }
  return out;
}

}  // namespace asterism::nn
