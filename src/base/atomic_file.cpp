#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/error.h"

namespace asterism::base {
namespace fs = std::filesystem;
namespace {

// What the disk does is a DataError; what the caller named is a UserError.
[[noreturn]] void fail(const fs::path& path, const char* doing, int error) {
  const char* reason = std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EFBIG:
    case EDQUOT:
      data_error("cannot {} '{}': {}; free some space or write elsewhere", doing, path.string(), reason);
    case EIO:
      data_error("cannot {} '{}': {}; the disk reports a fault", doing, path.string(), reason);
    case ENOENT:
      user_error("cannot {} '{}': the folder '{}' does not exist", doing, path.string(), path.parent_path().string());
    case EACCES:
    case EPERM:
    case EROFS:
      user_error("cannot {} '{}': {}; choose a folder you may write to", doing, path.string(), reason);
    case EEXIST:
    case ENOTEMPTY:
      user_error("'{}' exists already; choose another name, remove it, or give --replace where the command has it",
                 path.string());
    default:
      user_error("cannot {} '{}': {}", doing, path.string(), reason);
  }
}

fs::path absolute_name(fs::path path, const char* doing) {
  if (path.empty()) user_error("cannot {} a file without a name", doing);
  path = fs::absolute(path).lexically_normal();
  return path.has_filename() ? path : path.parent_path();  // "runs/a/" names the folder a
}

// What is there under the name, without following a link; nothing where we may not look.
fs::file_status status_of(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored);
}

constexpr std::size_t kRandomLetters = 6;       // of mkstemp
constexpr std::string_view kSetAside = "-old";  // what is to be replaced, where the filesystem cannot exchange

std::string temporary_prefix(const fs::path& path) { return "." + path.filename().string() + ".tmp-"; }

// Is this, behind the prefix, a name that only we give? A file that a person called so must stay.
bool is_ours(std::string_view rest) {
  if (rest.ends_with(kSetAside)) rest.remove_suffix(kSetAside.size());
  return rest.size() == kRandomLetters &&
         std::all_of(rest.begin(), rest.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail(folder, "open", errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0 && error != EINVAL) fail(folder, "sync", error);  // EINVAL: a filesystem that cannot, e.g. some FUSE
}

// Renames in one step; without `replace`, never over something that exists.
void rename_into_place(const fs::path& from, const fs::path& to, Replace replace) {
  if (replace == Replace::yes) {
    if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "write", errno);
    return;
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) fail(to, "write", errno);
  // A filesystem without that flag (NFS): look first.
  if (fs::exists(status_of(to))) fail(to, "write", EEXIST);
  if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "write", errno);
}

// The mode a new file or folder gets from the umask: mkstemp and mkdtemp make private ones.
void open_to_umask(int descriptor, mode_t mode) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor, mode & ~mask);
}

// Makes a temporary ours, so that nobody sweeps it away. False where remove_leftovers() came between its making and
// now: then another one is needed. A filesystem without locks leaves it unlocked, and there nobody sweeps.
bool locked(int descriptor, const fs::path& name) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  struct stat by_descriptor {
  }, by_name{};
  return ::fstat(descriptor, &by_descriptor) == 0 && ::stat(name.c_str(), &by_name) == 0 &&
         by_descriptor.st_ino == by_name.st_ino;
}

}  // namespace

AtomicFile::AtomicFile(fs::path path, Replace replace)
    : path_(absolute_name(std::move(path), "write")), replace_(replace) {
  if (replace_ == Replace::no && fs::exists(status_of(path_))) fail(path_, "write", EEXIST);
  std::error_code ignored;
  if (fs::is_symlink(status_of(path_)))
    path_ = fs::weakly_canonical(path_, ignored);  // what it points to, not the link
  if (fs::is_directory(status_of(path_))) user_error("cannot write '{}': it is a folder", path_.string());
  remove_leftovers(path_);
  while (true) {
    std::string name = (path_.parent_path() / (temporary_prefix(path_) + "XXXXXX")).string();
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail(path_, "write", errno);
    temporary_ = name;
    if (locked(descriptor_, temporary_)) break;
    ::close(descriptor_);
  }
  open_to_umask(descriptor_, 0666);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::unlink(temporary_.c_str());
  ::close(descriptor_);
}

void AtomicFile::write(const void* data, std::size_t bytes) { write_at(size_, data, bytes); }

void AtomicFile::write_at(std::size_t offset, const void* data, std::size_t bytes) {
  ASTERISM_CHECK(descriptor_ >= 0, "'{}' is committed", path_.string());
  const auto* at = static_cast<const char*>(data);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t n = ::pwrite(descriptor_, at + done, bytes - done, off_t(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path_, "write", errno);
    done += std::size_t(n);
  }
  size_ = std::max(size_, offset + bytes);
}

void AtomicFile::commit(Sync sync) {
  ASTERISM_CHECK(descriptor_ >= 0, "'{}' is committed", path_.string());
  if (sync == Sync::yes) {
    // A library that wrote by name may have replaced the file: sync what the name now points to.
    const int by_name = ::open(temporary_.c_str(), O_RDONLY | O_CLOEXEC);
    if (by_name < 0) fail(path_, "write", errno);
    const int error = ::fsync(by_name) == 0 ? 0 : errno;
    ::close(by_name);
    if (error != 0) fail(path_, "write", error);
  }
  rename_into_place(temporary_, path_, replace_);
  ::close(descriptor_);
  descriptor_ = -1;
  if (sync == Sync::yes) sync_folder(path_.parent_path());
}

AtomicFolder::AtomicFolder(fs::path path, Replace replace)
    : path_(absolute_name(std::move(path), "make")), replace_(replace) {
  std::error_code ignored;
  if (replace_ == Replace::yes && fs::is_symlink(status_of(path_)) && fs::is_directory(path_, ignored))
    path_ = fs::canonical(path_, ignored);  // the folder it points to, not the link
  const fs::file_status status = status_of(path_);
  if (fs::exists(status) && replace_ == Replace::no) fail(path_, "make", EEXIST);
  if (fs::exists(status) && !fs::is_directory(status))
    user_error("cannot make the folder '{}': a file has that name", path_.string());
  make_above();
  remove_leftovers(path_);
  while (true) {
    std::string name = (path_.parent_path() / (temporary_prefix(path_) + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) {
      const int error = errno;
      remove_above();
      fail(path_, "make", error);
    }
    temporary_ = name;
    descriptor_ = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ < 0) continue;
    if (locked(descriptor_, temporary_)) break;
    ::close(descriptor_);
  }
  open_to_umask(descriptor_, 0777);
}

void check_replaces(const fs::path& folder, std::string_view sign) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored) || fs::is_empty(folder, ignored) || fs::exists(folder / sign, ignored)) return;
  user_error("'{}' is there and holds no '{}': it is something else, and not replaced; give another name",
             folder.string(), sign);
}

void AtomicFolder::make_above() {
  const fs::path parent = path_.parent_path();
  std::error_code error;
  fs::path missing = parent;
  if (fs::exists(status_of(parent))) return;
  while (missing.has_relative_path() && !fs::exists(status_of(missing.parent_path()))) missing = missing.parent_path();
  fs::create_directories(parent, error);
  if (error) fail(parent, "make", error.value());
  made_above_ = missing;
}

void AtomicFolder::remove_above() const {
  std::error_code error;
  for (fs::path folder = path_.parent_path(); !made_above_.empty() && !error; folder = folder.parent_path()) {
    if (!fs::remove(folder, error) || folder == made_above_) return;
  }
}

AtomicFolder::~AtomicFolder() {
  if (descriptor_ < 0) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  ::close(descriptor_);
  remove_above();
}

namespace {
// Every file, then every folder from the leaves up, so that the rename is the last thing to reach the disk.
void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_symlink()) continue;
    if (entry.is_directory()) {
      sync_tree(entry.path());
      continue;
    }
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) fail(entry.path(), "sync", errno);
    const int error = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (error != 0 && error != EINVAL) fail(entry.path(), "sync", error);
  }
  sync_folder(folder);
}
}  // namespace

void AtomicFolder::commit() {
  ASTERISM_CHECK(descriptor_ >= 0, "'{}' is committed", path_.string());
  sync_tree(temporary_);
  bool exchanged = false;
  if (replace_ == Replace::yes && fs::exists(status_of(path_))) {
    exchanged = ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0;
    if (!exchanged && errno != EINVAL && errno != ENOSYS) fail(path_, "replace", errno);
    if (!exchanged) {  // a filesystem without exchange: for a moment neither stands under the name, but both exist
      const fs::path old = temporary_.string() + std::string(kSetAside);
      if (::rename(path_.c_str(), old.c_str()) != 0) fail(path_, "replace", errno);
      rename_into_place(temporary_, path_, Replace::no);
      temporary_ = old;
      exchanged = true;
    }
  } else {
    rename_into_place(temporary_, path_, Replace::no);
  }
  ::close(descriptor_);
  descriptor_ = -1;
  sync_folder(path_.parent_path());
  std::error_code ignored;
  if (exchanged) fs::remove_all(temporary_, ignored);
}

int remove_leftovers(const fs::path& path) {
  const fs::path whole = absolute_name(path, "clean");
  const std::string prefix = temporary_prefix(whole);
  int removed = 0;
  std::error_code error;
  for (fs::directory_iterator it(whole.parent_path(), error), end; !error && it != end; it.increment(error)) {
    const auto& entry = *it;
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (!name.starts_with(prefix) || !is_ours(std::string_view(name).substr(prefix.size())) ||
        entry.is_symlink(ignored))
      continue;
    // Killed between setting the old one aside and putting the new one in its place: this is the only one left.
    if (name.ends_with(kSetAside) && !fs::exists(status_of(whole))) continue;
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fs::remove_all(entry.path(), ignored) > 0) ++removed;
    ::close(descriptor);
  }
  return removed;
}

std::string read_text(const fs::path& path, std::size_t max_bytes) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) user_error("cannot read '{}': {}", path.string(), std::strerror(errno));
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISCHR(status.st_mode)))
    user_error("cannot read '{}': it is not a file", path.string());
  std::string text;
  if (S_ISREG(status.st_mode)) text.reserve(std::min(max_bytes, std::size_t(status.st_size)) + 1);
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(descriptor, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) user_error("cannot read '{}': {}", path.string(), std::strerror(errno));
    if (n == 0) return text;
    if (text.size() + std::size_t(n) > max_bytes)
      data_error("'{}' is larger than the {} bytes allowed here", path.string(), max_bytes);
    text.append(buffer, std::size_t(n));
  }
}

void write_text(const fs::path& path, std::string_view text, Replace replace) {
  AtomicFile file(path, replace);
  file.write(text);
  file.commit();
}

}  // namespace asterism::base
