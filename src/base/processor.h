#pragma once
// Vector instructions of the processor that the program is not built for and takes up where they are there.

namespace asterism::base {

// AVX2 and, as in every processor that has it, FMA.
inline bool has_avx2() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
#else
  return false;
#endif
}

inline bool has_avx512f() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512f");
  return has;
#else
  return false;
#endif
}

}  // namespace asterism::base
