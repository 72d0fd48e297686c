#pragma once
// Vectors of floats for loops that are written once, as templates of Of16 or Of8 that are inlined, and compiled for
// several processors: any, with AVX2 and with AVX-512. A product and a sum become one instruction where there is one.

#if defined(__x86_64__)
#define ASTERISM_FOR_AVX2 __attribute__((target("avx2,fma")))
#define ASTERISM_FOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#else
#define ASTERISM_FOR_AVX2
#define ASTERISM_FOR_AVX512
#endif
#define ASTERISM_INLINE __attribute__((always_inline)) inline
// Before a loop of a fixed number of turns.
#if defined(__clang__)
#define ASTERISM_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define ASTERISM_UNROLLED _Pragma("GCC unroll 16")
#endif

namespace asterism::nn {

struct Of16 {
  typedef float V __attribute__((vector_size(64)));
  typedef float Anywhere __attribute__((vector_size(64), aligned(4), may_alias));
  static constexpr int lanes = 16;
};
struct Of8 {
  typedef float V __attribute__((vector_size(32)));
  typedef float Anywhere __attribute__((vector_size(32), aligned(4), may_alias));
  static constexpr int lanes = 8;
};

inline bool has_avx512() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has;
#else
  return false;
#endif
}

inline bool has_avx2() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
#else
  return false;
#endif
}

}  // namespace asterism::nn
