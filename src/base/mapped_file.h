#pragma once
// A file read through the page cache without a copy.

#include <cstddef>
#include <filesystem>
#include <span>

namespace asterism::base {

// The whole of a regular file, read-only. UserError when it cannot be opened. Do not shorten a file while it is mapped:
// reading past its new end is a SIGBUS; our own files are only ever replaced whole.
class MappedFile {
 public:
  MappedFile() = default;  // empty
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace asterism::base
