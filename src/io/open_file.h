#pragma once
// Opening a file that somebody named: never a folder, a pipe or a device, which could block or have no end.

#include <cstdint>
#include <filesystem>

namespace asterism::io {

// A descriptor open for reading, closed at the end of the scope.
class OpenFile {
 public:
  // UserError when there is no such file, it may not be read, or it is not a regular file.
  explicit OpenFile(const std::filesystem::path& path);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int descriptor() const { return descriptor_; }
  uint64_t size() const { return size_; }  // when it was opened

 private:
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace asterism::io
