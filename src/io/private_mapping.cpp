#include "io/private_mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "io/open_file.h"

namespace asterism::io {

std::shared_ptr<PrivateMapping> PrivateMapping::open(const std::filesystem::path& path, size_t zeros_behind) {
  const OpenFile file(path);
  const auto size = static_cast<size_t>(file.size());
  if (size == 0) return std::shared_ptr<PrivateMapping>(new PrivateMapping(path, nullptr, 0, 0));
  const auto checked = [&](void* address) {
    if (address != MAP_FAILED) return address;
    base::data_error("cannot map '{}' ({} bytes): {}", path.string(), size, std::strerror(errno));
  };
  // Zeros first, then the file over their beginning: what follows its last page would otherwise be no memory at all.
  const size_t mapped = size + zeros_behind;
  void* room = nullptr;
  if (zeros_behind > 0) {
    room = checked(::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  }
  const int flags = MAP_PRIVATE | MAP_NORESERVE | (room != nullptr ? MAP_FIXED : 0);
  void* data = ::mmap(room, size, PROT_READ | PROT_WRITE, flags, file.descriptor(), 0);
  if (data == MAP_FAILED && room != nullptr) {
    const int error = errno;
    ::munmap(room, mapped);
    errno = error;
  }
  return std::shared_ptr<PrivateMapping>(
      new PrivateMapping(path, static_cast<std::byte*>(checked(data)), size, mapped));
}

PrivateMapping::~PrivateMapping() {
  if (data_ != nullptr) ::munmap(data_, mapped_);
}

}  // namespace asterism::io
