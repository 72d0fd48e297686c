#include "base/keep_memory.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace asterism::base {

bool keep_freed_memory() {
#if defined(__GLIBC__)
  // One arena: those of other threads are cut into heaps of 64 MiB that go back as a whole, whatever the threshold
  // says. What is larger than 64 MiB goes back: holes of that size, each with a small block in it that stays, grew a
  // search for neighbours among 10^6 objects to 22 GB.
  return mallopt(M_MMAP_THRESHOLD, 64 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1 &&
         mallopt(M_ARENA_MAX, 1) == 1;
#else
  return false;
#endif
}

}  // namespace asterism::base
