#include "nn/tile_matrix.h"

#include <algorithm>
#include <new>
#include <vector>

#include "base/error.h"
#include "nn/in_threads.h"
#include "nn/matrix_tiles.h"
#include "nn/tile_layout.h"
#include "nn/tile_product.h"

namespace asterism::nn {
namespace {

constexpr int64_t kInner = 512;  // of k at a time: two columns of tiles of them are most of a first cache
constexpr int64_t kRows = 128;   // at a time: such a part of a stays in the second cache
constexpr int64_t kPair = 2 * kTileSide;

std::shared_ptr<uint16_t> lines(int64_t numbers) {
  constexpr std::align_val_t to{64};
  auto* memory = static_cast<uint16_t*>(::operator new(size_t(std::max<int64_t>(numbers, 1)) * sizeof(uint16_t), to));
  return {memory, [](uint16_t* p) { ::operator delete(p, to); }};
}

MatrixView part(MatrixView x, int64_t row, int64_t column) {
  return {x.data + row * x.row + column * x.column, x.row, x.column};
}

}  // namespace

struct TileMatrix::Job {
  int64_t m;
  MatrixView a;
  const float* bias;
  float* c;
  int64_t stride;
};

bool TileMatrix::available() { return has_matrix_tiles(); }

TileMatrix::TileMatrix(MatrixView b, int64_t k, int64_t n) : k_(k), n_(n) {
  ASTERISM_CHECK(available(), "no tiles on this processor");
  const int64_t panels = tile_sides(n);
  auto to = lines(panels * tile_inners(k) * kTileNumbers);
  const MatrixView across = b.transposed();  // its rows are the columns
  in_threads(panels, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < k; i += kInner) {
      const int64_t some = std::min(kInner, k - i), steps = tile_inners(some);
      const int64_t before = i / kTileInner * panels;  // tiles of what comes first
      lay_out_tiles(part(across, begin * kTileSide, i), std::min(n, end * kTileSide) - begin * kTileSide, some, true,
                    to.get() + (before + begin * steps) * kTileNumbers);
    }
  });
  tiles_ = std::move(to);
}

// Rows of tiles `left` [height, steps] by all columns of those of k from `first` on.
void TileMatrix::block(const uint16_t* left, int64_t height, int64_t first, int64_t steps, bool add, float* c,
                       int64_t stride) const {
  const int64_t panels = tile_sides(n_), apart = steps * kTileNumbers;
  const uint16_t* right = tiles_.get() + first / kTileInner * panels * kTileNumbers;
  alignas(64) float aside[kPair * kPair];
  for (int64_t j = 0; j < n_; j += kPair, right += 2 * apart)
    for (int64_t i = 0; i < height; i += kPair) {
      const int64_t rows = std::min(kPair, height - i), columns = std::min(kPair, n_ - j);
      const uint16_t* from = left + i / kTileSide * apart;
      float* to = c + i * stride + j;
      const bool tall = rows > kTileSide, wide = columns > kTileSide;
      if (rows % kTileSide == 0 && columns % kTileSide == 0) {
        tile_product({from, right, steps, apart, apart, add, to, stride}, tall, wide);
        continue;
      }
      if (add)
        for (int64_t r = 0; r < rows; ++r) std::copy_n(to + r * stride, columns, aside + r * kPair);
      tile_product({from, right, steps, apart, apart, add, aside, kPair}, tall, wide);
      for (int64_t r = 0; r < rows; ++r) std::copy_n(aside + r * kPair, columns, to + r * stride);
    }
}

void TileMatrix::rows(const Job& job, int64_t begin, int64_t end) const {
  static thread_local const auto left = lines(kRows * kInner);
  const WholeTiles tiles;
  for (int64_t r = begin; r < end; r += kRows) {
    const int64_t height = std::min(kRows, end - r);
    float* c = job.c + r * job.stride;
    for (int64_t i = 0; job.bias != nullptr && i < height; ++i) std::copy_n(job.bias, n_, c + i * job.stride);
    for (int64_t i = 0; i < k_; i += kInner) {
      const int64_t some = std::min(kInner, k_ - i);
      lay_out_tiles(part(job.a, r, i), height, some, false, left.get());
      block(left.get(), height, i, tile_inners(some), i > 0 || job.bias != nullptr, c, job.stride);
    }
  }
}

void TileMatrix::multiply(int64_t m, MatrixView a, const float* bias, float* c, int64_t stride) const {
  ASTERISM_CHECK(defined() && k_ > 0, "a product over {}", k_);
  const Job job{m, a, bias, c, stride};
  const int64_t threads = threads_here(), share = (m + threads - 1) / threads;
  const int64_t height = std::clamp((share + kPair - 1) / kPair * kPair, kPair, kRows);  // fewer where rows are few
  in_threads((m + height - 1) / height, 1,
             [&](int64_t begin, int64_t end) { rows(job, begin * height, std::min(m, end * height)); });
}

}  // namespace asterism::nn
