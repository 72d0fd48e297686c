#include "base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/log.h"

namespace asterism::base {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this machine";
}

// "process 17 on node3", as the holder wrote it down; it may not have come to that yet.
std::string holder(int descriptor) {
  std::array<char, 300> text{};
  const ssize_t bytes = ::pread(descriptor, text.data(), text.size(), 0);
  return bytes > 0 ? std::string(text.data(), size_t(bytes)) : "another process";
}

bool still_linked(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : file_(folder / ".lock") {
  while (true) {
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ < 0) user_error("cannot write '{}': {}", file_.string(), std::strerror(errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        const std::string who = holder(descriptor_);
        ::close(descriptor_);
        user_error("{} is at work in '{}': wait until it ends, stop it, or give another folder", who, folder.string());
      }
      log_warning("'{}' cannot be locked ({}): see to it that one process alone works there", folder.string(),
                  std::strerror(errno));
      return;
    }
    if (still_linked(descriptor_)) break;  // else the one before us took it away while we waited
    ::close(descriptor_);
  }
  const std::string who = fmt::format("process {} on {}", ::getpid(), host_name());
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, who.data(), who.size(), 0) < 0)
    log_debug("{}: {}", file_.string(), std::strerror(errno));  // a full disk: the lock holds all the same
}

FolderLock::~FolderLock() {
  ::unlink(file_.c_str());  // first: whoever gets the lock after us sees that it is gone
  ::close(descriptor_);
}

}  // namespace asterism::base
