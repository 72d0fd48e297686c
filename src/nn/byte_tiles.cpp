#include "nn/byte_tiles.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "base/error.h"
#include "nn/in_threads.h"
#include "nn/matrix_tiles.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTERISM_TILES __attribute__((target("amx-tile,amx-int8")))
#endif

namespace asterism::nn {
namespace {

constexpr int64_t kSide = 16;   // rows of a tile, and outputs of a panel
constexpr int64_t kInner = 64;  // bytes in each row
constexpr int64_t kTile = kSide * kInner;
constexpr int64_t kQuad = 4;          // inputs that lie side by side in a panel
constexpr int64_t kRowsAtOnce = 128;  // a block of these and their sums stay in the second cache
constexpr int64_t kPanelsAtOnce = 32;

int64_t sides(int64_t n) { return (n + kSide - 1) / kSide; }
int64_t inners(int64_t n) { return (n + kInner - 1) / kInner; }

#if defined(__x86_64__)

// One or two tiles' height of rows by one or two panels: sums, rows `stride` integers apart.
template <bool tall, bool wide>
ASTERISM_TILES void meet(const int8_t* rows, const int8_t* panel, int64_t steps, int32_t* sums, int64_t stride) {
  const int8_t *below = rows + steps * kTile, *beside = panel + steps * kTile;
  _tile_zero(0);
  if (wide) _tile_zero(1);
  if (tall) _tile_zero(2);
  if (tall && wide) _tile_zero(3);
  for (int64_t s = 0; s < steps; ++s) {
    _tile_loadd(4, rows + s * kTile, kInner);
    _tile_loadd(6, panel + s * kTile, kInner);
    _tile_dpbssd(0, 4, 6);
    if (wide) {
      _tile_loadd(7, beside + s * kTile, kInner);
      _tile_dpbssd(1, 4, 7);
    }
    if (tall) {
      _tile_loadd(5, below + s * kTile, kInner);
      _tile_dpbssd(2, 5, 6);
    }
    if (tall && wide) _tile_dpbssd(3, 5, 7);
  }
  const int64_t row = stride * int64_t(sizeof(int32_t));
  _tile_stored(0, sums, row);
  if (wide) _tile_stored(1, sums + kSide, row);
  if (tall) _tile_stored(2, sums + kSide * stride, row);
  if (tall && wide) _tile_stored(3, sums + kSide * stride + kSide, row);
}

#else

template <bool tall, bool wide>
void meet(const int8_t*, const int8_t*, int64_t, int32_t*, int64_t) {}

#endif

using Meet = void (*)(const int8_t*, const int8_t*, int64_t, int32_t*, int64_t);
constexpr Meet kMeet[2][2] = {{meet<false, false>, meet<false, true>}, {meet<true, false>, meet<true, true>}};

std::shared_ptr<int8_t> lines(int64_t bytes) {
  constexpr std::align_val_t to{64};
  auto* memory = static_cast<int8_t*>(::operator new(size_t(std::max<int64_t>(bytes, 1)), to));
  std::fill_n(memory, bytes, int8_t(0));
  return {memory, [](int8_t* p) { ::operator delete(p, to); }};
}

// Where a thread works: rows as tiles, and sums of pieces of rows.
struct Room {
  std::shared_ptr<int8_t> rows, sums;
  int64_t bytes = 0;

  void make(int64_t steps) {
    const int64_t wanted = kRowsAtOnce * steps * kInner;
    if (bytes < wanted) {
      rows = lines(wanted);
      bytes = wanted;
    }
    if (!sums) sums = lines(kRowsAtOnce * kPanelsAtOnce * kSide * int64_t(sizeof(int32_t)));
  }
};

// Rows of x as tiles: those of the first sixteen rows, one after the other, then those of the next; zeros beyond the
// inputs, whatever beyond the rows.
void lay_out(const int8_t* x, int64_t rows, int64_t inputs, int8_t* to) {
  const int64_t steps = inners(inputs);
  for (int64_t r = 0; r < rows; ++r) {
    int8_t* row = to + (r / kSide * steps * kSide + r % kSide) * kInner;
    for (int64_t s = 0; s < steps; ++s) {
      const int64_t some = std::min(kInner, inputs - s * kInner);
      std::memcpy(row + s * kTile, x + r * inputs + s * kInner, size_t(some));
      if (some < kInner) std::memset(row + s * kTile + some, 0, size_t(kInner - some));
    }
  }
}

// One product: what its blocks share.
struct Product {
  const int8_t* tiles;
  int64_t steps;

  // `rows` rows as tiles by `count` panels from `panel` on -> sums.
  void meet_panels(const int8_t* left, int64_t rows, int64_t panel, int64_t count, int32_t* sums,
                   int64_t stride) const {
    for (int64_t p = 0; p < count; p += 2)
      for (int64_t r = 0; r < rows; r += 2 * kSide)
        kMeet[rows - r > kSide][p + 1 < count](left + r * steps * kInner, tiles + (panel + p) * steps * kTile, steps,
                                               sums + r * stride + p * kSide, stride);
  }
};

// work(the thread's room, first row, rows) for blocks of rows laid out as tiles there.
template <class Work>
void for_blocks(const at::Tensor& bytes_RI, const Work& work) {
  const int64_t rows = bytes_RI.size(0), inputs = bytes_RI.size(1), threads = threads_here();
  // as many blocks as threads, where there are few rows
  const int64_t height = std::clamp((rows + threads - 1) / threads, 2 * kSide, kRowsAtOnce);
  const auto* x = bytes_RI.const_data_ptr<int8_t>();
  in_threads((rows + height - 1) / height, 1, [&](int64_t begin, int64_t end) {
    static thread_local Room room;
    room.make(inners(inputs));
    const WholeTiles tiles;
    for (int64_t b = begin; b < end; ++b) {
      const int64_t first = b * height, some = std::min(height, rows - first);
      lay_out(x + first * inputs, some, inputs, room.rows.get());
      work(room, first, some);
    }
  });
}

}  // namespace

bool ByteTiles::available() { return has_matrix_tiles(); }

ByteTiles::ByteTiles(const at::Tensor& bytes_OI) : outputs_(bytes_OI.size(0)), inputs_(bytes_OI.size(1)) {
  const auto bytes = bytes_OI.contiguous();
  const auto* from = bytes.const_data_ptr<int8_t>();
  const int64_t steps = inners(inputs_);
  auto to = lines(sides(outputs_) * steps * kTile);
  in_threads(outputs_, kSide, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      int8_t* quad = to.get() + o / kSide * steps * kTile + o % kSide * kQuad;
      for (int64_t i = 0; i < inputs_; i += kQuad, quad += kInner)
        std::copy_n(from + o * inputs_ + i, std::min(kQuad, inputs_ - i), quad);
    }
  });
  tiles_ = std::move(to);
}

void ByteTiles::multiply(const at::Tensor& bytes_RI, const Take& take) const {
  ASTERISM_CHECK(available() && bytes_RI.is_contiguous() && bytes_RI.size(1) == inputs_, "rows of {} for tiles of {}",
                 bytes_RI.size(1), inputs_);
  const Product product{tiles_.get(), inners(inputs_)};
  for_blocks(bytes_RI, [&](Room& room, int64_t first, int64_t rows) {
    auto* sums = reinterpret_cast<int32_t*>(room.sums.get());
    constexpr int64_t kStride = kPanelsAtOnce * kSide;
    for (int64_t o = 0; o < outputs_; o += kStride) {
      const int64_t count = std::min(kStride, outputs_ - o);
      product.meet_panels(room.rows.get(), rows, o / kSide, sides(count), sums, kStride);
      for (int64_t r = 0; r < rows; ++r) take(first + r, o, count, sums + r * kStride);
    }
  });
}

void ByteTiles::multiply_halves(const at::Tensor& bytes_RI, const TakePairs& take) const {
  const int64_t half = outputs_ / 2;
  ASTERISM_CHECK(available() && bytes_RI.is_contiguous() && bytes_RI.size(1) == inputs_ && half % kSide == 0,
                 "rows of {} for halves of {} outputs of {}", bytes_RI.size(1), half, inputs_);
  const Product product{tiles_.get(), inners(inputs_)};
  for_blocks(bytes_RI, [&](Room& room, int64_t first, int64_t rows) {
    auto* sums = reinterpret_cast<int32_t*>(room.sums.get());
    constexpr int64_t kStride = kPanelsAtOnce * kSide, kWidth = kStride / 2;
    for (int64_t o = 0; o < half; o += kWidth) {
      const int64_t count = std::min(kWidth, half - o);
      product.meet_panels(room.rows.get(), rows, o / kSide, sides(count), sums, kStride);
      product.meet_panels(room.rows.get(), rows, (half + o) / kSide, sides(count), sums + kWidth, kStride);
      for (int64_t r = 0; r < rows; ++r) take(first + r, o, count, sums + r * kStride, sums + r * kStride + kWidth);
    }
  });
}

}  // namespace asterism::nn
