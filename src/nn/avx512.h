#pragma once
// Functions in vectors of sixteen floats with bfloat16 (AVX-512), for use where has_matrix_tiles(), which asks for all
// of them. Only for files that hold such functions: it silences a false warning of g++ in the rest of the file.

#if defined(__x86_64__)
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12 counts the undefined vectors of its
#pragma GCC diagnostic ignored "-Wuninitialized"        // own intrinsics
#endif
#include <immintrin.h>
#define ASTERISM_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define ASTERISM_AVX512_INLINE \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"), always_inline)) inline
#endif
