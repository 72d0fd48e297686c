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

MatrixView corner(MatrixView x, int64_t row, int64_t column) {
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
      lay_out_tiles(corner(across, begin * kTileSide, i), std::min(n, end * kTileSide) - begin * kTileSide, some, true,
                    to.get() + (before + begin * steps) * kTileNumbers);
    }
  });
  tiles_ = std::move(to);
}

// Some rows by some columns, the latter from a whole pair of tiles on.
struct TileMatrix::Part {
  int64_t row, rows, column, end;
};

// Rows of tiles `left`, `steps` in each, those of k from `first` on.
void TileMatrix::block(const Job& job, const Part& part, const uint16_t* left, int64_t first, int64_t steps) const {
  const int64_t apart = steps * kTileNumbers;
  const uint16_t* right =
      tiles_.get() + (first / kTileInner * tile_sides(n_) + part.column / kTileSide * steps) * kTileNumbers;
  const bool add = first > 0 || job.bias != nullptr;
  alignas(64) float aside[kPair * kPair];
  for (int64_t j = part.column; j < part.end; j += kPair, right += 2 * apart)
    for (int64_t i = 0; i < part.rows; i += kPair) {
      const int64_t rows = std::min(kPair, part.rows - i), columns = std::min(kPair, part.end - j);
      const uint16_t* from = left + i / kTileSide * apart;
      float* to = job.c + (part.row + i) * job.stride + j;
      const bool tall = rows > kTileSide, wide = columns > kTileSide;
      if (rows % kTileSide == 0 && columns % kTileSide == 0) {
        tile_product({from, right, steps, apart, apart, add, to, job.stride}, tall, wide);
        continue;
      }
      if (add)
        for (int64_t r = 0; r < rows; ++r) std::copy_n(to + r * job.stride, columns, aside + r * kPair);
      tile_product({from, right, steps, apart, apart, add, aside, kPair}, tall, wide);
      for (int64_t r = 0; r < rows; ++r) std::copy_n(aside + r * kPair, columns, to + r * job.stride);
    }
}

void TileMatrix::some(const Job& job, const Part& part) const {
  static thread_local const auto left = lines(kRows * kInner);
  float* c = job.c + part.row * job.stride;
  for (int64_t i = 0; job.bias != nullptr && i < part.rows; ++i)
    std::copy(job.bias + part.column, job.bias + part.end, c + i * job.stride + part.column);
  for (int64_t i = 0; i < k_; i += kInner) {
    const int64_t inner = std::min(kInner, k_ - i);
    lay_out_tiles(corner(job.a, part.row, i), part.rows, inner, false, left.get());
    block(job, part, left.get(), i, tile_inners(inner));
  }
}

void TileMatrix::multiply(int64_t m, MatrixView a, const float* bias, float* c, int64_t stride) const {
  ASTERISM_CHECK(defined() && k_ > 0, "a product over {}", k_);
  const Job job{m, a, bias, c, stride};
  // Rows are shared out, fewer at a time where there are few; columns too where those are too few for all threads.
  const int64_t threads = threads_here(), share = (m + threads - 1) / threads, pairs = (n_ + kPair - 1) / kPair;
  const int64_t height = std::clamp((share + kPair - 1) / kPair * kPair, kPair, kRows),
                blocks = (m + height - 1) / height;
  const int64_t across = std::clamp<int64_t>(threads / std::max<int64_t>(blocks, 1), 1, pairs);
  in_threads(blocks * across, 1, [&](int64_t begin, int64_t end) {
    const WholeTiles tiles;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / across * height, column = i % across;
      some(job, {row, std::min(height, m - row), column * pairs / across * kPair,
                 std::min(n_, (column + 1) * pairs / across * kPair)});
    }
  });
}

}  // namespace asterism::nn
