#include "nn/matrix_tiles.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace asterism::nn {

#if defined(__x86_64__) && defined(__linux__)

namespace {

// Tiles are 8 KiB more that the system saves for a thread, so it wants to be asked.
bool system_lets() {
  constexpr long kAsk = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kAsk, kTileData) == 0;
}

bool processor_has() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kBf16 = 1U << 22, kTile = 1U << 24, kInt8 = 1U << 25;  // AMX, in edx
  const unsigned tiles = kBf16 | kTile | kInt8;
  if ((d & tiles) != tiles) return false;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0 || (a & (1U << 5)) == 0) return false;  // AVX512_BF16
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

// The layout that LDTILECFG reads.
struct alignas(64) Layout {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes_of_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

__attribute__((target("amx-tile"))) void load_layout() {
  static const Layout layout;
  _tile_loadconfig(&layout);
}

__attribute__((target("amx-tile"))) void release() { _tile_release(); }

}  // namespace

bool has_matrix_tiles() {
  static const bool has = processor_has() && system_lets();
  return has;
}

WholeTiles::WholeTiles() {
  if (has_matrix_tiles()) load_layout();
}

WholeTiles::~WholeTiles() {
  if (has_matrix_tiles()) release();
}

#else

bool has_matrix_tiles() { return false; }
WholeTiles::WholeTiles() = default;
WholeTiles::~WholeTiles() = default;

#endif

}  // namespace asterism::nn
