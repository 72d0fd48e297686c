#include "nn/byte_panels.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/processor.h"
#include "nn/in_threads.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTERISM_AVX2 __attribute__((target("avx2")))
#endif

namespace asterism::nn {
namespace {

constexpr int64_t kOutputs = 16;     // of a panel: two vectors of sums
constexpr int64_t kRows = 6;         // that meet it at once: twelve sums and what else is needed fill the registers
constexpr int64_t kQuad = 4;         // inputs that one instruction adds up
constexpr int64_t kInner = 1024;     // inputs at a time: a panel of them is half of a first cache
constexpr int64_t kRowsAtOnce = 48;  // a block of these stays in the second cache
constexpr int64_t kSign = 128;       // added to the rows, whose bytes must not have a sign

int64_t quads(int64_t inputs) { return (inputs + kQuad - 1) / kQuad; }
int64_t panels(int64_t outputs) { return (outputs + kOutputs - 1) / kOutputs; }

template <class Number>
std::shared_ptr<Number> aligned(int64_t count) {
  constexpr std::align_val_t to{64};
  auto* memory = static_cast<Number*>(::operator new(size_t(count) * sizeof(Number), to));
  std::fill_n(memory, count, Number(0));
  return {memory, [](Number* p) { ::operator delete(p, to); }};
}

// Rows of x from input `first`, `inputs` of them, as quads: of six rows the first quad each, then the second. Of fewer
// rows at the end as many. Inputs beyond the end are whatever: their weights are 0.
void pack_rows(const int8_t* x, int64_t stride, int64_t rows, int64_t inputs, uint32_t* to) {
  const int64_t whole = inputs / kQuad, rest = inputs % kQuad;
  for (int64_t group = 0; group < rows; group += kRows) {
    const int64_t height = std::min(kRows, rows - group);
    for (int64_t r = 0; r < height; ++r) {
      const int8_t* from = x + (group + r) * stride;
      uint32_t four = 0;
      for (int64_t q = 0; q < whole; ++q) {
        std::memcpy(&four, from + q * kQuad, sizeof four);
        to[q * height + r] = four ^ 0x80808080U;
      }
      if (rest == 0) continue;
      std::memcpy(&four, from + whole * kQuad, size_t(rest));
      to[whole * height + r] = four ^ 0x80808080U;
    }
    to += quads(inputs) * height;
  }
}

#if defined(__x86_64__)

// `height` rows of quads by one panel: sum [height, 16] = what is at `start` + products. The rows of start lie
// `start_stride` apart, 0 where it is one for all.
template <int height>
ASTERISM_AVX2 void meet(const uint32_t* rows, const int8_t* panel, int64_t count, const int32_t* start,
                        int64_t start_stride, int32_t* sum, int64_t stride) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums[height][2];
  for (int r = 0; r < height; ++r)
    for (int half = 0; half < 2; ++half)
      sums[r][half] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(start + r * start_stride + 8 * half));
  for (int64_t q = 0; q < count; ++q, rows += height, panel += kOutputs * kQuad) {
    const auto* weights = reinterpret_cast<const __m256i*>(panel);
    for (int r = 0; r < height; ++r) {
      const __m256i row = _mm256_set1_epi32(int32_t(rows[r]));
      for (int half = 0; half < 2; ++half) {
        const __m256i pairs = _mm256_maddubs_epi16(row, _mm256_load_si256(weights + half));
        sums[r][half] = _mm256_add_epi32(sums[r][half], _mm256_madd_epi16(pairs, ones));
      }
    }
  }
  for (int r = 0; r < height; ++r)
    for (int half = 0; half < 2; ++half)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(sum + r * stride + 8 * half), sums[r][half]);
}

using Meet = void (*)(const uint32_t*, const int8_t*, int64_t, const int32_t*, int64_t, int32_t*, int64_t);
constexpr Meet kMeet[kRows] = {meet<1>, meet<2>, meet<3>, meet<4>, meet<5>, meet<6>};

#else

using Meet = void (*)(const uint32_t*, const int8_t*, int64_t, const int32_t*, int64_t, int32_t*, int64_t);
constexpr Meet kMeet[kRows] = {};

#endif

// One product: what its blocks share.
struct Product {
  const int8_t* x;
  int64_t rows, inputs, outputs;
  const int8_t* panels;
  const int32_t* start;
  int32_t* sum;

  // A group of rows by `count` quads of one panel, from input `first`. The last panel may be wider than what is left.
  void meet_panel(int64_t row, int64_t height, const uint32_t* packed, int64_t panel, int64_t first,
                  int64_t count) const {
    const int64_t begin = panel * kOutputs, width = std::min(kOutputs, outputs - begin);
    const int8_t* weights = this->panels + (first * nn::panels(outputs) + panel * count * kQuad) * kOutputs;
    int32_t* to = sum + row * outputs + begin;
    const auto work = kMeet[height - 1];
    if (width == kOutputs)
      return first == 0 ? work(packed, weights, count, start + begin, 0, to, outputs)
                        : work(packed, weights, count, to, outputs, to, outputs);
    int32_t aside[kRows * kOutputs] = {};
    for (int64_t r = 0; r < height; ++r)
      std::copy_n(first == 0 ? start + begin : to + r * outputs, width, aside + r * kOutputs);
    work(packed, weights, count, aside, kOutputs, aside, kOutputs);
    for (int64_t r = 0; r < height; ++r) std::copy_n(aside + r * kOutputs, width, to + r * outputs);
  }

  // Rows [begin, end), at most kRowsAtOnce, by panels [from, to).
  void block(int64_t begin, int64_t end, int64_t from, int64_t to) const {
    static thread_local std::vector<uint32_t> packed;
    packed.resize(size_t(kRowsAtOnce * quads(kInner)));
    for (int64_t first = 0; first < inputs; first += kInner) {
      const int64_t some = std::min(kInner, inputs - first), count = quads(some);
      pack_rows(x + begin * inputs + first, inputs, end - begin, some, packed.data());
      for (int64_t panel = from; panel < to; ++panel)
        for (int64_t row = begin; row < end; row += kRows)
          meet_panel(row, std::min(kRows, end - row), packed.data() + (row - begin) * count, panel, first, count);
    }
  }
};

}  // namespace

bool BytePanels::available() { return base::has_avx2(); }

BytePanels::BytePanels(const at::Tensor& bytes_OI) : outputs_(bytes_OI.size(0)), inputs_(bytes_OI.size(1)) {
  const auto bytes = bytes_OI.contiguous();
  const auto* from = bytes.const_data_ptr<int8_t>();
  const auto most = [](int8_t a, int8_t b) { return std::abs(a) < std::abs(b); };
  const auto* largest = std::max_element(from, from + bytes.numel(), most);
  ASTERISM_CHECK(bytes.numel() == 0 || std::abs(*largest) <= kMost, "a weight of {} where {} is the most",
                 int(*largest), int(kMost));
  const int64_t all = panels(outputs_), width = all * kOutputs;
  auto to = aligned<int8_t>(std::max<int64_t>(1, width * quads(inputs_) * kQuad));
  auto start = aligned<int32_t>(std::max<int64_t>(1, width));
  in_threads(outputs_, kOutputs, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      const int8_t* row = from + o * inputs_;
      start.get()[o] = -int32_t(kSign) * std::accumulate(row, row + inputs_, 0);
      for (int64_t first = 0; first < inputs_; first += kInner) {
        const int64_t some = std::min(kInner, inputs_ - first);
        int8_t* quad = to.get() + (first * all + o / kOutputs * quads(some) * kQuad) * kOutputs + o % kOutputs * kQuad;
        for (int64_t i = 0; i < some; i += kQuad, quad += kOutputs * kQuad)
          std::copy_n(row + first + i, std::min(kQuad, some - i), quad);
      }
    }
  });
  panels_ = std::move(to);
  start_ = std::move(start);
}

void BytePanels::multiply(const at::Tensor& bytes_RI, at::Tensor& sum_RO) const {
  ASTERISM_CHECK(available() && bytes_RI.is_contiguous() && sum_RO.is_contiguous() && bytes_RI.size(1) == inputs_,
                 "rows of {} for panels of {}", bytes_RI.size(1), inputs_);
  const Product product{
      bytes_RI.const_data_ptr<int8_t>(), bytes_RI.size(0), inputs_, outputs_, panels_.get(), start_.get(),
      sum_RO.mutable_data_ptr<int32_t>()};
  // Many blocks of rows are shared out as they are; of few each thread does all, by its part of the outputs.
  const int64_t blocks = (product.rows + kRowsAtOnce - 1) / kRowsAtOnce, all = panels(outputs_);
  const int64_t threads = threads_here(), parts = blocks >= 8 * threads ? 1 : std::clamp<int64_t>(all, 1, threads);
  in_threads(blocks * parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t part = i / blocks, row = i % blocks * kRowsAtOnce;
      product.block(row, std::min(row + kRowsAtOnce, product.rows), part * all / parts, (part + 1) * all / parts);
    }
  });
}

}  // namespace asterism::nn
