#pragma once
// A whole file mapped into memory, copy on write (base::MappedFile is read-only): reading costs no copy, and writing to
// the bytes never reaches the file. For tensors that wrap the weights of a file as they lie.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace asterism::io {

class PrivateMapping {
 public:
  // Maps a regular file; an empty file gives empty bytes. UserError when it cannot be opened or is no regular file.
  // The file must not shrink while it is mapped. At least `zeros_behind` bytes after the last one may be used too and
  // are zeros: for libraries that read whole records. They are no part of bytes().
  static std::shared_ptr<PrivateMapping> open(const std::filesystem::path& path, size_t zeros_behind = 0);
  ~PrivateMapping();
  PrivateMapping(const PrivateMapping&) = delete;
  PrivateMapping& operator=(const PrivateMapping&) = delete;

  std::span<std::byte> bytes() { return {data_, size_}; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  PrivateMapping(std::filesystem::path path, std::byte* data, size_t size, size_t mapped)
      : path_(std::move(path)), data_(data), size_(size), mapped_(mapped) {}
  std::filesystem::path path_;
  std::byte* data_ = nullptr;
  size_t size_ = 0, mapped_ = 0;
};

}  // namespace asterism::io
