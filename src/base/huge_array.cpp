#include "base/huge_array.h"

#include <sys/mman.h>

#include <limits>
#include <new>

namespace asterism::base::detail {

void* map_huge(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  madvise(p, bytes, MADV_HUGEPAGE);  // a wish: refused where the system has none, and nothing is lost
  return p;
}

void unmap_huge(void* p, std::size_t bytes) noexcept {
  if (p != nullptr) munmap(p, bytes);
}

}  // namespace asterism::base::detail
