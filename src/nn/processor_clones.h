#pragma once
// A function that the compiler makes twice, for processors with AVX2 and for all others; which runs is decided once,
// when the program starts. Of plain loops over arrays, that compilers turn into vectors themselves.

#if defined(__x86_64__)
#define ASTERISM_CLONES __attribute__((target_clones("arch=haswell", "default")))
#else
#define ASTERISM_CLONES
#endif
