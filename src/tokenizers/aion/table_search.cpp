#include "tokenizers/aion/table_search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/error.h"
#include "base/processor.h"
#include "nn/in_threads.h"

namespace asterism::tokenizers::aion {

namespace {

constexpr int64_t kAbreast = 32;
constexpr int64_t kRows = 512;       // of a column before the next one: its table and theirs stay in the first cache
constexpr int64_t kGrain = 1 << 15;  // searches that are worth a thread

// An integer in the order of the floats; -0 is 0, and what is not a number is last.
inline int32_t key_of(float x) {
  if (std::isnan(x)) return std::numeric_limits<int32_t>::max();
  const auto bits = std::bit_cast<int32_t>(x + 0.0F);
  return bits ^ ((bits >> 31) & std::numeric_limits<int32_t>::max());
}

float float_of(int32_t key) { return std::bit_cast<float>(key ^ ((key >> 31) & std::numeric_limits<int32_t>::max())); }

int32_t middle(int32_t low, int32_t high) { return int32_t(low + (int64_t(high) - low) / 2); }

// step where the entry is below x, else 0: the sign of a difference, since a branch here is guessed wrong half the
// time.
inline int32_t step_over(int32_t entry, int32_t x, int32_t step) {
  return int32_t((int64_t(entry) - int64_t(x)) >> 63) & step;
}

void find_plain(const int32_t* table, int64_t padded, const int32_t* sought, int32_t* place) {
  for (int64_t k = 0; k < kAbreast; ++k) {
    int32_t at = 0;
    for (auto step = int32_t(padded / 2); step > 0; step /= 2) at += step_over(table[at + step - 1], sought[k], step);
    place[k] = at;
  }
}

#if defined(__x86_64__)
// Vectors of eight, four abreast: each waits for its loads while the others' are on their way.
__attribute__((target("avx2"))) void find_avx2(const int32_t* table, int64_t padded, const int32_t* sought,
                                               int32_t* place) {
  static_assert(kAbreast == 32);
  __m256i x[4], at[4];
  for (int v = 0; v < 4; ++v) {
    x[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(sought + 8 * v));
    at[v] = _mm256_setzero_si256();
  }
  for (auto step = int32_t(padded / 2); step > 0; step /= 2) {
    const __m256i width = _mm256_set1_epi32(step);
    for (int v = 0; v < 4; ++v) {
      const __m256i entry = _mm256_i32gather_epi32(table + step - 1, at[v], 4);
      at[v] = _mm256_add_epi32(at[v], _mm256_and_si256(_mm256_cmpgt_epi32(x[v], entry), width));
    }
  }
  for (int v = 0; v < 4; ++v) _mm256_storeu_si256(reinterpret_cast<__m256i*>(place + 8 * v), at[v]);
}
#endif

void find(const int32_t* table, int64_t padded, const int32_t* sought, int32_t* place) {
#if defined(__x86_64__)
  if (base::has_avx2()) return find_avx2(table, padded, sought, place);
#endif
  find_plain(table, padded, sought, place);
}

// x[0], x[stride], .. of n numbers.
void search(const int32_t* table, int64_t padded, int64_t K, const float* x, int64_t* code, int64_t n, int64_t stride) {
  const auto last = int32_t(K - 1);
  int32_t sought[kAbreast] = {}, place[kAbreast];
  for (int64_t i = 0; i < n; i += kAbreast) {
    const int64_t m = std::min(kAbreast, n - i);
    for (int64_t k = 0; k < m; ++k) sought[k] = key_of(x[(i + k) * stride]);
    find(table, padded, sought, place);
    for (int64_t k = 0; k < m; ++k) code[(i + k) * stride] = std::min(place[k], last);
  }
}

// Of doubles, without the ones that are missing.
void search_given(const int32_t* table, int64_t padded, int64_t K, const double* x, const uint8_t* given, bool finite,
                  int64_t* code, bool* kept, int64_t n) {
  const auto last = int32_t(K - 1);
  int32_t sought[kAbreast] = {}, place[kAbreast];
  for (int64_t i = 0; i < n; i += kAbreast) {
    const int64_t m = std::min(kAbreast, n - i);
    for (int64_t k = 0; k < m; ++k) sought[k] = key_of(float(x[i + k]));
    find(table, padded, sought, place);
    for (int64_t k = 0; k < m; ++k) {
      kept[i + k] = given[i + k] != 0 && (!finite || std::abs(x[i + k]) <= std::numeric_limits<double>::max());
      code[i + k] = kept[i + k] ? std::min(place[k], last) : 0;
    }
  }
}

}  // namespace

TableSearch::TableSearch(const at::Tensor& tables_in) : count_(tables_in.size(0)), values_(tables_in.size(1)) {
  const auto sought = tables_in.narrow(1, 0, values_ - 1).to(at::kFloat).contiguous();
  std::vector<int32_t> keys(size_t(sought.numel()));
  std::transform(sought.const_data_ptr<float>(), sought.const_data_ptr<float>() + sought.numel(), keys.begin(), key_of);
  fill(keys);
}

TableSearch::TableSearch(const at::Tensor& tables_in, const std::function<at::Tensor(const at::Tensor&)>& f)
    : count_(tables_in.size(0)), values_(tables_in.size(1)) {
  const auto entries = tables_in.narrow(1, 0, values_ - 1).to(at::kFloat).contiguous();
  const auto n = size_t(entries.numel());
  const float infinity = std::numeric_limits<float>::infinity();
  // f(low) <= e, unless low is below all numbers; f(high) > e, unless high is above them all
  std::vector<int32_t> low(n, key_of(-infinity) - 1), high(n, key_of(infinity) + 1);
  const auto x = at::empty({int64_t(n)}), e = entries.view({-1});
  for (int step = 0; step < 32; ++step) {
    auto* values = x.mutable_data_ptr<float>();
    for (size_t i = 0; i < n; ++i) values[i] = float_of(middle(low[i], high[i]));
    const auto below = f(x).le(e).contiguous();
    const bool* is_below = below.const_data_ptr<bool>();
    for (size_t i = 0; i < n; ++i) {
      if (high[i] - int64_t(low[i]) > 1) (is_below[i] ? low[i] : high[i]) = middle(low[i], high[i]);
    }
  }
  fill(low);
}

void TableSearch::fill(const std::vector<int32_t>& keys) {
  ASTERISM_CHECK(values_ < (int64_t{1} << 30), "tables of {} values", values_);
  padded_ = int64_t(std::bit_ceil(uint64_t(std::max<int64_t>(values_, 2))));
  tables_.assign(size_t(count_) * size_t(padded_), std::numeric_limits<int32_t>::max());
  for (int64_t c = 0; c < count_; ++c)
    std::copy_n(keys.begin() + c * (values_ - 1), values_ - 1, tables_.begin() + c * padded_);
}

at::Tensor TableSearch::operator()(const at::Tensor& x_in) const {
  ASTERISM_CHECK(x_in.dim() == 2 && x_in.size(1) == count_, "{} tables", count_);
  const auto x = x_in.to(at::kFloat).contiguous();
  const int64_t n = x.size(0), C = count_;
  auto codes = at::empty({n, C}, at::kLong);
  const float* from = x.const_data_ptr<float>();
  auto* to = codes.mutable_data_ptr<int64_t>();
  nn::in_threads(n, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, C)), [&](int64_t first, int64_t end) {
    for (int64_t row = first; row < end; row += kRows)
      for (int64_t c = 0; c < C; ++c)
        search(tables_.data() + c * padded_, padded_, values_, from + row * C + c, to + row * C + c,
               std::min(kRows, end - row), C);
  });
  return codes;
}

void TableSearch::column(const double* x, const uint8_t* given, bool finite, int64_t n, int64_t* code,
                         bool* kept) const {
  ASTERISM_CHECK(count_ > 0, "{} tables", count_);
  nn::in_threads(n, kGrain, [&](int64_t first, int64_t end) {
    search_given(tables_.data(), padded_, values_, x + first, given + first, finite, code + first, kept + first,
                 end - first);
  });
}

}  // namespace asterism::tokenizers::aion
