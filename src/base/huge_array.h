#pragma once
// Large arrays of plain numbers, all zero at first, on huge pages where the system gives them: random access to a
// hundred megabytes then misses the page tables far less often, and the system hands the memory out in far fewer steps.

#include <cstddef>
#include <type_traits>
#include <utility>

namespace asterism::base {

namespace detail {
void* map_huge(std::size_t bytes);  // std::bad_alloc when there is no memory
void unmap_huge(void* p, std::size_t bytes) noexcept;
}  // namespace detail

template <class T>
class HugeArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  HugeArray() = default;
  explicit HugeArray(std::size_t n) : data_(static_cast<T*>(detail::map_huge(n * sizeof(T)))), size_(n) {}
  ~HugeArray() { detail::unmap_huge(data_, size_ * sizeof(T)); }
  HugeArray(HugeArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  HugeArray& operator=(HugeArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace asterism::base
