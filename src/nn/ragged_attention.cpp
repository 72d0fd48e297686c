#include "nn/ragged_attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "nn/attention.h"
#include "nn/autocast.h"
#include "nn/bytes_here.h"
#include "nn/cached_factor.h"
#include "nn/in_threads.h"
#include "nn/matrix_tiles.h"
#include "nn/ranges_on_device.h"
#include "nn/row_math.h"
#include "nn/tile_attention.h"
#include "nn/tile_factor.h"

namespace asterism::nn {
namespace {

constexpr int64_t kQueries = 96;  // at a time: the scores of a long group stay in the cache

MatrixView head_of(const at::Tensor& x_RHd, int64_t head, int64_t row) {
  return MatrixView{x_RHd.const_data_ptr<float>() + head * x_RHd.stride(1), x_RHd.stride(0)}.from(row);
}

float* rows_of(at::Tensor& x_RHd, int64_t head, int64_t row) {
  return x_RHd.mutable_data_ptr<float>() + head * x_RHd.stride(1) + row * x_RHd.stride(0);
}

// Whole vectors of scores: the rest would be done one by one.
int64_t row_of_scores(int64_t keys) { return (keys + 7) / 8 * 8; }

// One head of one group: its rows of q and k, and room to work in. Factor: CachedFactor or TileFactor.
template <class Factor>
struct Part {
  int64_t head, first_query, queries, first_key, keys;
  float* scores;  // two matrices of kQueries rows
  float* gradients;
  float* room;  // of factors

  // Takes some of the room.
  float* take(int64_t k, int64_t n) { return std::exchange(room, room + Factor::room(k, n)); }

  // work(first row, rows) for as many queries as are done at once.
  template <class Work>
  void for_queries(const Work& work) const {
    for (int64_t r = 0; r < queries; r += kQueries) work(first_query + r, std::min(kQueries, queries - r));
  }
};

// Calls work(part) for each head and group that has queries and keys, in threads. There is room for `whole` factors of
// the longest group's keys and `some` of as many rows as are done at once.
template <class Factor, class Work>
void for_each_part(int64_t heads, int64_t d, const Ranges& queries, const Ranges& keys, int64_t whole, int64_t some,
                   const Work& work) {
  const int64_t groups = queries.groups(), longest = std::max<int64_t>(1, keys.longest());
  const int64_t rows = std::min(kQueries, queries.longest()), scores = rows * row_of_scores(longest);
  const int64_t factor = std::max(Factor::room(longest, d), Factor::room(d, longest));
  // heads outermost: every thread gets as many rows as the next, whatever the lengths
  in_threads(heads * groups, 1, [&](int64_t begin, int64_t end) {
    const auto scratch =
        std::make_unique_for_overwrite<float[]>(size_t(2 * scores + whole * factor + some * Factor::room(rows, d)));
    const WholeTiles tiles;  // of TileFactor
    for (int64_t i = begin; i < end; ++i) {
      const int64_t g = i % groups;
      float* at = scratch.get();
      Part<Factor> part{i / groups,        queries.starts[size_t(g)],
                        queries.length(g), keys.starts[size_t(g)],
                        keys.length(g),    at,
                        at + scores,       at + 2 * scores};
      if (part.queries > 0 && part.keys > 0) work(part);
    }
  });
}

// q, k and v [rows, H, d] with unit stride along d -> out [R, H, d]; lse [H, R]: log of the sum of exp of the scores,
// where it is asked for.
void forward_kernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Ranges& queries,
                    const Ranges& keys, at::Tensor& out, at::Tensor lse = {}) {
  const int64_t d = q.size(2), rows = q.size(0);
  const float scale = 1 / std::sqrt(float(d));
  float* sums = lse.defined() ? lse.mutable_data_ptr<float>() : nullptr;
  for_each_part<CachedFactor>(q.size(1), d, queries, keys, 2, 0, [&](Part<CachedFactor> part) {
    const int64_t h = part.head, n = part.keys, width = row_of_scores(n);
    const CachedFactor key(head_of(k, h, part.first_key).transposed(), d, n, part.take(d, n)),
        value(head_of(v, h, part.first_key), n, d, part.take(n, d));
    part.for_queries([&](int64_t r, int64_t m) {
      key.multiply(m, scale, head_of(q, h, r), false, part.scores, width);
      std::array<float, kQueries> inverse{};
      for (int64_t i = 0; i < m; ++i) {
        float* row = part.scores + i * width;
        std::fill(row + n, row + width, -std::numeric_limits<float>::infinity());
        const auto sum = exp_of_row(row, width);
        inverse[size_t(i)] = 1 / sum.of_exp;
        if (sums != nullptr) sums[h * rows + r + i] = sum.largest + std::log(sum.of_exp);
      }
      float* to = rows_of(out, h, r);
      value.multiply(m, 1, {part.scores, width}, false, to, out.stride(0));
      for (int64_t i = 0; i < m; ++i, to += out.stride(0))
        for (int64_t c = 0; c < d; ++c) to[c] *= inverse[size_t(i)];
    });
  });
}

// The same by tiles.
void forward_by_tiles(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Ranges& queries,
                      const Ranges& keys, at::Tensor& out, at::Tensor lse = {}) {
  const int64_t groups = queries.groups(), rows = q.size(0);
  float* sums = lse.defined() ? lse.mutable_data_ptr<float>() : nullptr;
  in_threads(q.size(1) * groups, 1, [&](int64_t begin, int64_t end) {
    const WholeTiles tiles;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t h = i / groups, r = queries.starts[size_t(i % groups)], s = keys.starts[size_t(i % groups)],
                    m = queries.length(i % groups), n = keys.length(i % groups);
      if (m == 0 || n == 0) continue;
      attend_by_tiles({head_of(q, h, r), head_of(k, h, s), head_of(v, h, s), m, n, q.size(2), rows_of(out, h, r),
                       out.stride(0), sums != nullptr ? sums + h * rows + r : nullptr});
    }
  });
}

struct Gradients {
  at::Tensor q, k, v;
};

template <class Factor>
void backward_kernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out,
                     const at::Tensor& lse, const at::Tensor& gradient, const Ranges& queries, const Ranges& keys,
                     Gradients& of) {
  const int64_t d = q.size(2), rows = q.size(0);
  const float scale = 1 / std::sqrt(float(d));
  const float* sums = lse.const_data_ptr<float>();
  for_each_part<Factor>(q.size(1), d, queries, keys, 3, 2, [&](Part<Factor> part) {
    const int64_t h = part.head, n = part.keys, width = row_of_scores(n), at = part.first_key;
    const MatrixView keys_here = head_of(k, h, at);
    const Factor key_across(keys_here.transposed(), d, n, part.take(d, n)), key(keys_here, n, d, part.take(n, d)),
        value_across(head_of(v, h, at).transposed(), d, n, part.take(d, n));
    float *of_queries = part.take(std::min(kQueries, part.queries), d), *of_gradients = part.room;
    float *p = part.scores, *ds = part.gradients;
    part.for_queries([&](int64_t r, int64_t m) {
      const MatrixView query = head_of(q, h, r), result = head_of(out, h, r), dout = head_of(gradient, h, r);
      key_across.multiply(m, scale, query, false, p, width);
      value_across.multiply(m, 1, dout, false, ds, width);
      for (int64_t i = 0; i < m; ++i) {
        std::fill(p + i * width + n, p + (i + 1) * width, 0.0F);
        std::fill(ds + i * width + n, ds + (i + 1) * width, 0.0F);
        exp_row(p + i * width, width, sums[h * rows + r + i]);
        softmax_backward_row(ds + i * width, p + i * width, width, dot_row(dout.from(i).data, result.from(i).data, d),
                             scale);
      }
      const bool add = r > part.first_query;  // to the gradients of earlier queries
      key.multiply(m, 1, {ds, width}, false, rows_of(of.q, h, r), of.q.stride(0));
      const Factor some_queries(query, m, d, of_queries), some_gradients(dout, m, d, of_gradients);
      some_queries.multiply(n, 1, MatrixView{ds, width}.transposed(), add, rows_of(of.k, h, at), of.k.stride(0));
      some_gradients.multiply(n, 1, MatrixView{p, width}.transposed(), add, rows_of(of.v, h, at), of.v.stride(0));
    });
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
                            const at::Tensor& v_SHd, const Ranges& queries, const Ranges& keys, bool tiles) {
    const auto q = rows_of_floats(q_RHd), k = rows_of_floats(k_SHd), v = rows_of_floats(v_SHd);
    auto out = room(q, queries, keys);
    auto lse = at::empty({q.size(1), q.size(0)}, q.options());
    (tiles ? forward_by_tiles : forward_kernel)(q, k, v, queries, keys, out, lse);
    context->save_for_backward({q, k, v, out, lse});
    context->saved_data["tiles"] = tiles;
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
    const auto kernel =
        context->saved_data["tiles"].toBool() ? backward_kernel<TileFactor> : backward_kernel<CachedFactor>;
    kernel(q, k, v, out, lse, rows_of_floats(gradients[0]), queries, keys, of);
    return {of.q.to(at::ScalarType(types[0])),
            of.k.to(at::ScalarType(types[1])),
            of.v.to(at::ScalarType(types[2])),
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
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

bool attends_by_tiles(const at::Tensor& q) {
  const bool bytes = BytesHere::now() && !at::GradMode::is_enabled(),
             narrow = bytes || type_on(at::kCPU) == at::kBFloat16;
  const auto type = q.scalar_type();
  return q.is_cpu() && has_matrix_tiles() && (type == at::kBFloat16 || (narrow && type == at::kFloat));
}

at::Tensor attend_ragged(const at::Tensor& q_RHd, const at::Tensor& k_SHd, const at::Tensor& v_SHd,
                         const Ranges& queries, const Ranges& keys) {
  ASTERISM_CHECK(queries.groups() == keys.groups() && queries.rows() == q_RHd.size(0) && keys.rows() == k_SHd.size(0),
                 "{} groups of {} queries for {} and {} of {} keys for {}", queries.groups(), q_RHd.size(0),
                 queries.rows(), keys.groups(), k_SHd.size(0), keys.rows());
  ASTERISM_CHECK(k_SHd.sizes() == v_SHd.sizes() && q_RHd.sizes().slice(1) == k_SHd.sizes().slice(1),
                 "queries, keys and values of {} x {}, {} x {} and {} x {}", q_RHd.size(1), q_RHd.size(2),
                 k_SHd.size(1), k_SHd.size(2), v_SHd.size(1), v_SHd.size(2));
  if (queries.rows() == 0 || keys.rows() == 0) return at::zeros(q_RHd.sizes(), q_RHd.options().requires_grad(false));
  if (q_RHd.device().is_cpu() && q_RHd.scalar_type() != at::kDouble)
    return Ragged::apply(q_RHd, k_SHd, v_SHd, queries, keys, attends_by_tiles(q_RHd));
  return device_attention(q_RHd, k_SHd, v_SHd, queries, keys);
}

at::Tensor attend_ragged_inference(const at::Tensor& q_RHd, const at::Tensor& k_SHd, const at::Tensor& v_SHd,
                                   const Ranges& queries, const Ranges& keys) {
  at::NoGradGuard no_grad;
  ASTERISM_CHECK(queries.groups() == keys.groups() && queries.rows() == q_RHd.size(0) && keys.rows() == k_SHd.size(0),
                 "{} groups of queries for {} of keys", queries.groups(), keys.groups());
  if (!q_RHd.is_cpu() || CachedFactor::has_kernel() || attends_by_tiles(q_RHd))
    return attend_ragged(q_RHd, k_SHd, v_SHd, queries, keys);
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
