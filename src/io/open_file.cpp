#include "io/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace asterism::io {

OpenFile::OpenFile(const std::filesystem::path& path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor_ < 0) base::user_error("cannot open '{}': {}", path.string(), std::strerror(errno));
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (known && S_ISREG(status.st_mode)) {
    size_ = static_cast<uint64_t>(status.st_size);
    return;
  }
  ::close(descriptor_);
  base::user_error("'{}' is {}; name a file", path.string(),
                   known && S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
}

OpenFile::~OpenFile() { ::close(descriptor_); }

}  // namespace asterism::io
