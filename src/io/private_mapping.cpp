#include "io/private_mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "io/open_file.h"

namespace asterism::io {

std::shared_ptr<PrivateMapping> PrivateMapping::open(const std::filesystem::path& path) {
  const OpenFile file(path);
  std::byte* data = nullptr;
  const auto size = static_cast<size_t>(file.size());
  if (size > 0) {
    void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.descriptor(), 0);
    if (mapped == MAP_FAILED)
      base::data_error("cannot map '{}' ({} bytes): {}", path.string(), size, std::strerror(errno));
    data = static_cast<std::byte*>(mapped);
  }
  return std::shared_ptr<PrivateMapping>(new PrivateMapping(path, data, size));
}

PrivateMapping::~PrivateMapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace asterism::io
