#pragma once
// Numbers in files of others: reads that cannot leave the buffer, and sizes that cannot wrap around.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

namespace asterism::base {

namespace detail {
template <class T>
using BitsOf = std::conditional_t<
    sizeof(T) == 1, uint8_t,
    std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;
inline uint8_t swap_bytes(uint8_t x) { return x; }
inline uint16_t swap_bytes(uint16_t x) { return __builtin_bswap16(x); }
inline uint32_t swap_bytes(uint32_t x) { return __builtin_bswap32(x); }
inline uint64_t swap_bytes(uint64_t x) { return __builtin_bswap64(x); }
}  // namespace detail

// A number (integer or IEEE floating point, 1-8 bytes) at any address, whatever its alignment. The caller knows it is
// there.
template <class T>
requires(std::is_arithmetic_v<T> && sizeof(T) <= 8) T load(const void* at, std::endian order) {
  detail::BitsOf<T> bits;
  std::memcpy(&bits, at, sizeof bits);
  if (order != std::endian::native) bits = detail::swap_bytes(bits);
  return std::bit_cast<T>(bits);
}
template <class T>
T load_le(const void* at) {
  return load<T>(at, std::endian::little);
}
template <class T>
T load_be(const void* at) {
  return load<T>(at, std::endian::big);
}

template <class T>
requires(std::is_arithmetic_v<T> && sizeof(T) <= 8) void store(void* at, T value, std::endian order) {
  auto bits = std::bit_cast<detail::BitsOf<T>>(value);
  if (order != std::endian::native) bits = detail::swap_bytes(bits);
  std::memcpy(at, &bits, sizeof bits);
}
template <class T>
void store_le(void* at, T value) {
  store<T>(at, value, std::endian::little);
}
template <class T>
void store_be(void* at, T value) {
  store<T>(at, value, std::endian::big);
}

// The same from a buffer, checked: nothing when [offset, offset + sizeof(T)) is not inside it.
template <class T>
std::optional<T> read_le(std::span<const std::byte> bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  return load_le<T>(bytes.data() + offset);
}
template <class T>
std::optional<T> read_be(std::span<const std::byte> bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  return load_be<T>(bytes.data() + offset);
}

// product = a * b, sum = a + b; false, and the result untouched, when it does not fit.
template <class T>
requires std::is_integral_v<T>
[[nodiscard]] bool checked_multiply(T a, T b, T& product) {
  T result;
  if (__builtin_mul_overflow(a, b, &result)) return false;
  product = result;
  return true;
}
template <class T>
requires std::is_integral_v<T>
[[nodiscard]] bool checked_add(T a, T b, T& sum) {
  T result;
  if (__builtin_add_overflow(a, b, &result)) return false;
  sum = result;
  return true;
}

// "512 B", "1.5 KiB", "3.2 GiB".
std::string human_bytes(uint64_t bytes);

}  // namespace asterism::base
